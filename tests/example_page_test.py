"""A page quotes what an example prints, whole, and shows what it draws.

usage: example_page_test.py PROGRAM PAGE DRAWING
"""
import pathlib
import subprocess
import sys
import tempfile


def main():
    program, page, drawing = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        drawn = pathlib.Path(folder) / drawing.name
        run = subprocess.run([program, "--report", drawn], stdout=subprocess.PIPE, text=True)
        print(run.stdout)
        messages = []
        if run.returncode != 0:
            messages.append(f"exit code {run.returncode}")
        if f"```\n{run.stdout}```\n" not in page.read_text(encoding="utf-8"):
            messages.append(f"{page}: this is not what stands there")
        if not drawn.exists() or drawn.read_bytes() != drawing.read_bytes():
            messages.append(f"{drawing} is another drawing; write it with --report {drawing}")
    print("\n".join(messages))
    return len(messages)


if __name__ == "__main__":
    sys.exit(main())

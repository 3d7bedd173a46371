"""The LaTeX that derive prints compiles with Debian's TeX Live: English with pdflatex, Chinese with xelatex.

usage: derive_latex_test.py PROGRAM
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent

PROBLEMS = {
    "softmax": ["--expr", "cross_entropy(softmax(W*x+b), y)", "--given", "W: m×n, b: m, x: n, y: m"],
    "matrices": ["--expr", "logdet(A'*A+I) + tr(A^-1*B)*norm1(vec(B)) + sum(kron(A,B)) + a'*inv(A)*a", "--given",
                 "A: n×n symmetric, B: n×n, a: n"],
    "functions": ["--expr", "sum(sin(x).*cos(x)./exp(x)) + max(tanh(x)) + mean(gelu(x)) + logsumexp(relu(x)) + |c|^2.5",
                  "--given", "x: n, c: 1"],
    "odd names": ["--expr", "norm(x_y*theta1 - b2)^2/3", "--given", "x_y: m×n, theta1: n, b2: m"],
    "letters": ["--expr", "norm(ŵ*é_1 + αβ*υ - ο)^2", "--given", "ŵ: m×n, é_1: n, αβ: m×n, υ: n, ο: m"],
    "powers": ["--expr", "norm(x)^2/norm(y)^2", "--given", "x: n, y: n"],
    "hessian": ["--expr", "sum(softmax(x))*c^3/norm(x)^2 + exp(y'*x)", "--given", "x: n, y: n, c: 1", "--order", "2"],
    "batch": ["--expr", "squared_error(sigmoid(W*x+b), y)", "--given", "W: m×n, x: n batched, b: m, y: m batched"],
    "network": [str(ROOT / "examples" / "iris.toml"), "--set", "train.weight_decay=0.01"],
}


class Latex(unittest.TestCase):
    def check(self, language, compiler):
        for name, arguments in PROBLEMS.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                command = [PROGRAM, "derive", *arguments, "--format", "latex", "--lang", language, "--detail", "full",
                           "--numbers", "--output", f"{folder}/page.tex"]
                subprocess.run(command, check=True)
                run = subprocess.run(
                    [compiler, "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
                    cwd=folder, capture_output=True, text=True, errors="replace",
                )
                self.assertEqual(run.returncode, 0, run.stdout[-1500:])
                self.assertNotIn("Missing character", (pathlib.Path(folder) / "page.log").read_text(errors="replace"))

    def test_english_compiles(self):
        self.check("en", "pdflatex")

    def test_chinese_compiles(self):
        self.check("zh", "xelatex")


if __name__ == "__main__":
    unittest.main()

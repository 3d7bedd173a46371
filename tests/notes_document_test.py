"""docs/notes.md and docs/notes.zh.md, the notes formula by formula: both say the same of the same formulas, what they
link to and name is there, every slip has a test that refutes it, and their commands print what they quote.

usage: notes_document_test.py PROGRAM
"""
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = {"en": ROOT / "docs" / "notes.md", "zh": ROOT / "docs" / "notes.zh.md"}

VERDICTS = {"Right": "right", "Slips": "slips", "Stops": "stops", "Asked": "asked",
            "正确": "right", "有误": "slips", "未完": "stops", "提问": "asked"}
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
STEP = re.compile(r"(?:lesson \d+, step|第 \d+ 课第) (\d+)(?::| 步：)(.*)")
# What shows in a test's body that something printed is not so.
REFUTATION = re.compile(r"expect_not_gradient|EXPECT_THROW|EXPECT_GT|error_of")


class Entry:
    def __init__(self, number, text):
        self.number = number
        verdict = re.search(r"^\*\*(\w+)(?:\.\*\*|\*\*。)", text, re.M)
        self.verdict = VERDICTS.get(verdict[1]) if verdict else None
        self.formulas = re.findall(r"^\$\$\n(.*?)\n\$\$$", text, re.M | re.S)
        self.links = [(" ".join(name.split()), target) for name, target in LINK.findall(text)]
        self.tests = re.findall(r"`(\w+\.\w+)`", "".join(re.findall(r"^- (?:Checked: |检验：)(.*(?:\n  .*)*)", text, re.M)))
        self.commands = []  # (arguments, quoted lines)
        for block in re.findall(r"^```console\n(.*?)\n```$", text, re.M | re.S):
            command, *lines = block.split("\n")
            self.commands.append((shlex.split(command)[2:], [line.strip() for line in lines]))


def entries(document):
    parts = re.split(r"^### (\S+) .*\n", document.read_text(encoding="utf-8"), flags=re.M)
    return [Entry(number, re.split(r"^## ", text, flags=re.M)[0]) for number, text in zip(parts[1::2], parts[2::2])]


def headings(document):
    return re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.M)


def anchor(heading):
    """As GitHub makes it: small letters, no punctuation, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def without_language(arguments):
    return [a for i, a in enumerate(arguments) if a != "--lang" and arguments[i - 1] != "--lang"]


def cases():
    """The tests of tests/*_test.cc: "Suite.Name" -> body."""
    found = {}
    for source in sorted(ROOT.glob("tests/*_test.cc")):
        text = source.read_text(encoding="utf-8")
        for test in re.finditer(r"^TEST(?:_P|_F)?\((\w+), (\w+)\) \{\n(.*?)^\}", text, re.M | re.S):
            found[f"{test[1]}.{test[2]}"] = (source.name, test[3])
    return found


class Notes(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.documents = {language: entries(document) for language, document in DOCUMENTS.items()}

    def each(self):
        """Each entry, with its name in messages."""
        return [(f"{language} {entry.number}", entry) for language, found in self.documents.items() for entry in found]

    def test_entries_are_numbered_without_a_gap(self):
        for language, found in self.documents.items():
            numbers = [entry.number for entry in found]
            expected = []
            for note in ("000", "001", "002", "003", "004"):
                count = sum(number.startswith(note + ".") for number in numbers)
                self.assertGreater(count, 0, (language, note))
                expected += [f"{note}.{i}" for i in range(1, count + 1)]
            self.assertEqual(numbers, expected, language)

    def test_both_languages_say_the_same(self):
        def said(entry):
            lessons = [(re.sub(r"/(en|zh)/", "/", target.split("#")[0]), (STEP.match(name) or [None, None])[1])
                       for name, target in entry.links]
            commands = [(without_language(arguments), len(lines)) for arguments, lines in entry.commands]
            return entry.number, entry.verdict, entry.formulas, lessons, entry.tests, commands

        self.assertEqual([said(entry) for entry in self.documents["en"]], [said(entry) for entry in self.documents["zh"]])

    def test_each_entry_has_a_verdict_a_formula_a_place_and_a_check(self):
        for name, entry in self.each():
            with self.subTest(name):
                self.assertIsNotNone(entry.verdict)
                self.assertEqual(len(entry.formulas), 1)
                self.assertTrue(entry.links or entry.commands, "nothing says where it is shown")
                self.assertTrue(entry.tests, "nothing checks it")

    def test_links_lead_somewhere(self):
        for language, document in DOCUMENTS.items():
            for name, target in LINK.findall(document.read_text(encoding="utf-8")):
                with self.subTest(f"{language} {name} {target}"):
                    path, _, fragment = target.partition("#")
                    there = document.parent / path
                    self.assertTrue(there.is_file())
                    if fragment:
                        self.assertIn(fragment, [anchor(heading) for heading in headings(there)])
                    if step := STEP.match(name):
                        number, what = step[1], step[2].strip()
                        self.assertIn(f"Step ${number}$: {what}" if language == "en" else f"第 ${number}$ 步：{what}",
                                      headings(there))
                    if language == "zh" and "derivations/" in path:
                        self.assertIn("derivations/zh/", path)

    def test_tests_are_there_and_every_test_of_the_notes_is_named(self):
        known = cases()
        named = {test for _, entry in self.each() for test in entry.tests}
        self.assertEqual(sorted(named - known.keys()), [])
        of_notes = {test for test, (source, _) in known.items() if source.startswith("notes_")}
        self.assertEqual(sorted(of_notes - named), [])

    def test_each_slip_is_refuted(self):
        known = cases()
        slips = [(name, entry) for name, entry in self.each() if entry.verdict == "slips"]
        self.assertTrue(slips)
        for name, entry in slips:
            with self.subTest(name):
                self.assertTrue(any(REFUTATION.search(known[test][1]) for test in entry.tests), entry.tests)

    def test_commands_print_what_is_quoted(self):
        commands = [(name, *command) for name, entry in self.each() for command in entry.commands]
        self.assertTrue(commands)
        for name, arguments, quoted in commands:
            with self.subTest(name):
                run = subprocess.run([PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertTrue(quoted)
                printed = iter(run.stdout.split("\n"))
                for line in quoted:  # consumes what is printed, so the order counts
                    self.assertTrue(any(line in row for row in printed), f"not printed, or not in this order: {line}")

    def test_chinese_sentences_use_their_own_punctuation(self):
        text = DOCUMENTS["zh"].read_text(encoding="utf-8")
        text = re.sub(r"^```.*?^```$|^\$\$.*?^\$\$$", "", text, flags=re.M | re.S)
        self.assertEqual(re.findall(r".{0,8}[\u4e00-\u9fff][,;:?!()].{0,8}", LINK.sub("", text)), [])


if __name__ == "__main__":
    unittest.main()

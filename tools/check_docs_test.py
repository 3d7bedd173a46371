#!/usr/bin/env python3
"""Proves that check_docs.py finds each kind of name without a comment, and accepts what is documented or needs none."""

import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

import check_docs

CHECK = pathlib.Path(__file__).parent / "check_docs.py"


class CheckDocs(unittest.TestCase):
    def found(self, header):
        """The names that the header leaves without a comment, in order."""
        return [name for _, name in check_docs.undocumented(textwrap.dedent(header))]

    def test_a_name_without_a_comment_fails(self):
        self.assertEqual(self.found("""\
            #pragma once
            namespace catenary {
            struct Plain {};
            enum class Kind { kOne };
            using Number = double;
            inline constexpr int kMost = 3;
            [[nodiscard]] int size(const Plain& plain);
            template <typename T>
            T copy(T value) {
              return value;
            }
            }  // namespace catenary
            """), ["Plain", "Kind", "Number", "kMost", "size", "copy"])

    def test_a_comment_above_or_beside_documents(self):
        self.assertEqual(self.found("""\
            /// A type.
            struct Plain {
              int size = 0;  ///< of it
              double (*apply)(double x, int n) =
                  nullptr;  ///< what it does
            };
            /// Copies.
            // NOLINTNEXTLINE(some-check): a reason
            template <typename T>
            requires std::copyable<T> && (sizeof(T) < 9)
            [[nodiscard]] T copy(T value);
            """), [])

    def test_other_comments_do_not_document(self):
        self.assertEqual(self.found("""\
            // A remark.
            void remarked();
            /// Of something else.

            void apart();
            void called();  // now and then
            """), ["remarked", "apart", "called"])

    def test_members_that_users_see_are_looked_at(self):
        self.assertEqual(self.found("""\
            /// A class.
            class Buffer {
              int first_ = 0;

             public:
              explicit Buffer(int bytes) : memory_{bytes}, bytes_(bytes) {}
              [[nodiscard]] int bytes() const { return bytes_; }
              explicit operator bool() const;
              int operator()(int x) const;
              int operator[](int x) const;
              static constexpr int kMost = 3;
              /// A part.
              struct Part {
                int begin, end;
              };

             private:
              struct Hidden;
              void hide();
              int memory_, bytes_;
            };
            struct Buffer::Hidden {
              int inner;
            };
            """), ["Buffer::Buffer", "Buffer::bytes", "Buffer::operator bool", "Buffer::operator()", "Buffer::operator[]",
                   "Buffer::kMost", "Part::begin, end"])

    def test_a_comment_covers_overloads_in_its_group_and_what_it_names(self):
        self.assertEqual(self.found("""\
            /// The sum.
            int sum(int a, int b);
            double sum(double a, double b);
            int difference(int a, int b);

            double sum(float a, float b);
            /// first() and last() of a list.
            int first();
            int last();
            int lasting();
            """), ["difference", "sum", "lasting"])

    def test_the_comment_of_a_type_covers_the_data_that_it_names_and_enumerators(self):
        self.assertEqual(self.found("""\
            /// From begin to end.
            struct Range {
              int begin, end;
              int step;
              int size() const;
            };
            /// What to do with size().
            enum class Use { kNone, kAll };
            /// Of two kinds.
            struct Choice {
              /// Which kind.
              enum Kind { kOne, kOther } kind = kOne;
            };
            """), ["Range::step", "Range::size"])

    def test_what_the_language_defines_needs_none(self):
        self.assertEqual(self.found("""\
            /// A class.
            class Pool {
             public:
              Pool();
              ~Pool();
              Pool(const Pool&) = delete;
              Pool(Pool&& other) noexcept;
              Pool& operator=(Pool&& other) noexcept;
              [[nodiscard]] bool operator==(const Pool&) const = default;
              Pool(const Pool& other, int size);
              Pool& operator=(int size);
            };
            """), ["Pool::Pool", "Pool::operator="])

    def test_what_is_documented_elsewhere_needs_none(self):
        self.assertEqual(self.found("""\
            class Later;
            struct Other;
            using catenary::relu;
            extern template class Vector<int>;
            template <>
            inline constexpr int kSize<double> = 8;
            inline int Later::size() const { return 3; }
            static_assert(sizeof(int) == 4);
            """), [])

    def test_braces_and_signs_in_texts_are_no_code(self):
        self.assertEqual(self.found("""\
            /// Texts.
            inline constexpr const char* kTexts[] = {"}", R"x({ // " )x", "\\"{", "a /* b"};
            /// A number.
            constexpr int kLarge = 10'000 << 2;
            int after();
            """), ["after"])

    def test_names_file_and_line_and_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "cmake").mkdir()
            (root / "catenary").mkdir()
            (root / "cmake/public_headers.cmake").write_text("set(CATENARY_PUBLIC_HEADERS\n  catenary/a.h\n  catenary/b.h)\n")
            (root / "catenary/a.h").write_text("/// One.\nint a();\n")
            (root / "catenary/b.h").write_text("#pragma once\nint b();\n")
            (root / "catenary/private.h").write_text("int c();\n")
            result = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stdout),
                             (1, "catenary/b.h:2: b needs a doc comment, /// above it or ///< beside it\n"))

    def test_the_public_headers_are_documented(self):
        result = subprocess.run([sys.executable, CHECK], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()

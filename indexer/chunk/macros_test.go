//go:build cgo

package chunk

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestWithoutMacros(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// Nothing to do: types, constants and calls that are written like macros.
		{"FILE *open(BOOL x);", ""},
		{"BOOL\nopen(int x) { return TRUE; }", ""},
		{"static HANDLE handle = INVALID;", ""},
		{"enum { A,\nB\n};", ""},
		{"int f() { CHECK(x); return FOO(y) + BAR; }", ""},
		{"TEST(Suite, Case) { int x; }", ""},
		{`const char *s = "API int f()";`, ""},
		{"#define API int f(\\\nvoid)\n", ""},
		{"/* API int f() */", ""},
		{"#if VERSION < 5\nstatic int f(int x) {}\n#endif", ""},
		{"__declspec(dllexport) HRESULT f(int a) {}", ""},
		{"struct __attribute__((packed)) HDR { int a; };", ""},
		{"struct alignas(64) FOO { FOO(int a) { b = a; } };", ""},
		{"namespace a {\n#if X\nDEFINE(a,\n#else\nDEFINE(b,\n#endif\n c)\nint f() {}\n}", ""},
		{"struct ops o = { .name = {}, .open = 1 };", ""},
		{"int run() { struct Local { int a; Local(int y) { a = y; } }; return 1; }", ""},
		// Before and after a function.
		{"API int f(void);", "    int f(void);"},
		{"GIT_EXTERN(const char *) f(int a);", "           const char *  f(int a);"},
		{"ATTR(1) static int CALL f(int a) {}", "        static int      f(int a) {}"},
		{"BOOL WINAPI f(int a);", "     WINAPI f(int a);"},
		{"void f() const NOEXCEPT;", "void f() const         ;"},
		{"int f(int) ATTR(2, 3) {}", "int f(int)            {}"},
		{"AVAILABLE\nint f(void);", "         \nint f(void);"},
		{`extern "C" KEEP int f();`, `extern "C"      int f();`},
		{"struct X { CONST X() : a(1) {} };", "struct X {       X() : a(1) {} };"},
		{"struct X { explicit CONST X(int a) {} };", "struct X { explicit       X(int a) {} };"},
		{"struct X { CONST ~X() {} };", "struct X {       ~X() {} };"},
		{"struct X { CONST operator bool() {} };", "struct X {       operator bool() {} };"},
		{"typedef int (APIENTRY *F)(int);", "typedef int (         *F)(int);"},
		// Before the name of a type.
		{"class MY_API X : public Y {};", "class        X : public Y {};"},
		{"class Foundation_API X final {};", "class                X final {};"},
		{"template <typename T, ENABLE_IF(a<T>::b)> class X {};", "template <typename T                    > class X {};"},
		// On lines of their own.
		{"BEGIN_DECLS\n\nint x;", "           \n\nint x;"},
		{"BEGIN_A\nBEGIN_B(x)\n#if 1", "       \n          \n#if 1"},
		{"class X {\nQ_OBJECT\npublic:\n};", "class X {\n        \npublic:\n};"},
		// Inside functions.
		{"void f() { FOREACH(x, list) { g(x); } }", "void f() {                  { g(x); } }"},
		{"void f() { list_for_each(x) { g(x); } }", "void f() {                  { g(x); } }"},
		{"void f() { SCOPE_EXIT { g(); }; }", "void f() {            { g(); }; }"},
		{"void f() { if CONSTEXPR (a) { g(); } }", "void f() { if           (a) { g(); } }"},
		{`void f() { g("%" PRIxPTR"\n", 1); } API int h();`, `void f() { g("%" PRIxPTR"\n", 1); }     int h();`},
		{"#define X 1 /* {\n{ */\nAPI int f();", "#define X 1 /* {\n{ */\n    int f();"},
		{"__declspec(dllexport) BOOL WINAPI f(int a) {}", "__declspec(dllexport)      WINAPI f(int a) {}"},
		// What the grammars read wrongly.
		{"void f(int a, X b = {});", "void f(int a, X b     );"},
		{"#if __has_include(<a.h>)\n#endif", "#if 1                   \n#endif"},
		{"#ifdef __cplusplus\nextern \"C\" {\n#endif\n#ifdef __cplusplus\n}\n#endif", "#ifdef __cplusplus\n            \n#endif\n#ifdef __cplusplus\n \n#endif"},
	} {
		if test.want == "" {
			test.want = test.text
		}
		if got := string(withoutMacros([]byte(test.text))); got != test.want {
			t.Errorf("%q:\ngot  %q\nwant %q", test.text, got, test.want)
		}
	}
}

// TestMacrosOfDeclarations holds that macros belong to what they stand before, and lines of the preprocessor do not.
func TestMacrosOfDeclarations(t *testing.T) {
	for text, want := range map[string]string{
		"#if __has_include(<a.h>)\nstatic int f(int x)\n{\n}\n#endif\n":   "static int f(int x)\n{\n}",
		"#if A(<b>) \\\n  && C\n/** Says. */\nint f(int x);\n#endif\n":    "/** Says. */\nint f(int x);",
		"BEGIN_DECLS\n\n/** Says. */\nAPI_EXPORT\nint f(int x) UNUSED;\n": "/** Says. */\nAPI_EXPORT\nint f(int x) UNUSED;",
	} {
		found := false
		for _, u := range Chunk(context.Background(), "a.h", []byte(text), Options{}).Units {
			if u.Name == "f" {
				found = true
				if got := text[u.Range.Start:u.Range.End]; got != want {
					t.Errorf("%q: the unit is %q, want %q", text, got, want)
				}
			}
		}
		if !found {
			t.Errorf("%q: no f", text)
		}
	}
}

func FuzzWithoutMacros(f *testing.F) {
	f.Add([]byte("API int f(void) X; class Y_API Z : A<B> { R\"x(})x\" '\\'' \"\\\"\" };\n#if A(<b>) \\\n\n#endif"))
	f.Add([]byte("BEGIN\n\nFOO(int) operator=(x) { FOREACH(a) { } if NOW (b) ; } ~X() = {},"))
	f.Add([]byte("template <X(a), Y(b)> struct __attribute__((x)) [[y]] A::B<c>::d *e("))
	f.Fuzz(func(t *testing.T, src []byte) {
		before := bytes.Clone(src)
		out := withoutMacros(src)
		if !bytes.Equal(src, before) {
			t.Fatal("the source was changed")
		}
		if len(out) != len(src) {
			t.Fatalf("%d bytes became %d", len(src), len(out))
		}
		for i, b := range out {
			if b != src[i] && (b != ' ' && b != '1' || strings.IndexByte("\r\n", src[i]) >= 0) {
				t.Fatalf("byte %d, %q, became %q", i, src[i], b)
			}
		}
	})
}

package search

import "testing"

func TestClassify(t *testing.T) {
	for _, tc := range []struct {
		query string
		want  Class
	}{
		{"", Filters},
		{"lang:go is:test", Filters},
		{"readFull", Identifier},
		{"parse", Identifier},
		{"HTTP_PROXY", Identifier},
		{"close()", Identifier},
		{"empty?", Identifier},
		{"übersetzen", Identifier},
		{"io.Copy", Qualified},
		{"std::vector::push_back", Qualified},
		{"Server#handle", Qualified},
		{"(*Buffer).Write", Qualified},
		{"a->b()", Qualified},
		{`"connection refused"`, Message},
		{"connect: connection refused", Message},
		{"panic: runtime error: index out of range", Message},
		{"permission denied", Message},
		{"named arguments with fmt::arg", Sentence},
		{"exception for invalid formats", Sentence},
		{"%s not found in %d files", Message},
		{"request retry backoff", Keywords},
		{"HTTP router", Keywords},
		{"middleware composition", Keywords},
		{"copy from a reader until end of file", Sentence},
		{"is this error or any error it wraps equal to a target", Question},
		{"how do I open a file", Question},
		{"where are routes registered?", Question},
		{"for (int i = 0; i < n; i++)", Code},
		{"if err != nil { return err }", Code},
		{"def read(self, n):", Code},
		{"x := make([]int, 0)", Code},
		{"*", Code},
	} {
		q, err := Parse(tc.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := Classify(q); got != tc.want {
			t.Errorf("%q is taken for %s, want %s", tc.query, got, tc.want)
		}
	}
	if NumClasses.String() != "unknown" {
		t.Error("a class beyond the last has a name")
	}
}

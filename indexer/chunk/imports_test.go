package chunk

import (
	"context"
	"testing"
)

func TestImportsOnly(t *testing.T) {
	for _, test := range []struct {
		path, text string
		want       bool
	}{
		{"a.go", "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc f() {}\n", true},
		{"a.go", "package a\n\nconst size = 3\n\nfunc f() {}\n", false},
		{"a.go", "// Package a sorts.\npackage a\n\nfunc f() {}\n", false},
		{"a.ts", "\"use strict\";\nimport {\n  A,\n  B,\n} from \"./b\";\nconst c = require('c');\n\nexport class D {}\n", true},
		{"a.ts", "import { A } from './a';\nconst routes = [A];\n\nexport class D {}\n", false},
		{"a.py", "from a import (\n    b,\n)\nimport c\n\ndef f():\n    pass\n", true},
		{"a.py", "import c\n\nTIMEOUT = 3\n\ndef f():\n    pass\n", false},
		{"a.py", "from c import d as d\n", false}, // what it is there for
		{"a.py", "import re  # :(\nTIMEOUT = 3\n\ndef f():\n    pass\n", false},
		{"a.py", "open('x').write(y)\n\ndef f():\n    pass\n", false},
		{"a.sh", "alias gs='git status'\n\nf() {\n  echo\n}\n", false},
		{"a.cpp", "#include <b>\nusing Handler = std::function<void()>;\n\nint f() {\n}\n", false},
		{"a.js", "const app = require('express')()\n\nclass D {}\n", false},
		{"a.h", "#ifndef A_H\n#define A_H\n#include <b.h>\n\nint f(void) {\n}\n#endif\n", true},
		{"a.h", "#include <b.h>\n#define SIZE 3\n\nint f(void) {\n}\n", false},
		{"a.php", "<?php\n\nnamespace A\\B;\n\nuse C\\D;\n\nclass E {}\n", true},
	} {
		got := false
		for _, u := range Chunk(context.Background(), test.path, []byte(test.text), Options{}).Units {
			got = got || u.Flags&Imports != 0
		}
		if got != test.want {
			t.Errorf("%s %q: imports only %v, want %v", test.path, test.text, got, test.want)
		}
	}
}

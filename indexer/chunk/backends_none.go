//go:build !cgo

package chunk

// Without the parsers written in C, languages with braces are scanned for declarations, Python is read by its
// indentation, and the others are cut into windows.
var (
	pythonBackend     backend = indentBackend{}
	javascriptBackend backend = scanBackend{scriptSyntax}
	typescriptBackend backend = scanBackend{scriptSyntax}
	tsxBackend        backend = scanBackend{scriptSyntax}
	javaBackend       backend = scanBackend{javaSyntax}
	rustBackend       backend = scanBackend{rustSyntax}
	cBackend          backend = scanBackend{cSyntax}
	cppBackend        backend = scanBackend{cppSyntax}
	csharpBackend     backend = scanBackend{csharpSyntax}
	phpBackend        backend = scanBackend{phpSyntax}
	kotlinBackend     backend = scanBackend{kotlinSyntax}
	scalaBackend      backend = scanBackend{scalaSyntax}
	zigBackend        backend = scanBackend{zigSyntax}

	rubyBackend, elixirBackend, luaBackend, bashBackend, haskellBackend backend
)

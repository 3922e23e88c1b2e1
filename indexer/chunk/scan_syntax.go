package chunk

// scanSyntax tells the scanner what it needs to know of a language with braces.
type scanSyntax struct {
	separator string

	// Text.
	preprocessor   bool // lines that begin with # are skipped, R"x(…)x" is a string
	hashComment    bool // # begins a comment
	nestedComments bool
	tripleQuotes   bool // """…"""
	hashStrings    bool // r#"…"# or #"…"#
	verbatim       bool // @"…"
	longStrings    bool // strings go over lines
	template       bool // `…${…}…`
	lifetimes      bool // ' is no quote
	regex          bool
	interpolation  byte // '(' for \(…), '{' for ${…}

	// Declarations.
	types        map[string]Kind // words that declare a type
	scopes       map[string]bool // words that own what they hold without being a unit
	functions    map[string]bool // words before the name of a function
	constructors map[string]bool // words that are a function's whole name
	bare         bool            // functions without a word: name(…) {
	newlines     bool            // a line end ends a statement
	arrows       bool            // name(…) => …; has a body
	equals       bool            // word name(…) = … has a body
	bound        bool            // name = (…) => { and name = function (…) {
	accessors    bool            // var name: Type { has a body that runs
	hidden       []string        // words that say a declaration is not exported
	shown        string          // a word that says it is; "" when all but the hidden are
	underscore   bool            // a leading underscore hides
}

// words makes a set.
func words(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, w := range list {
		set[w] = true
	}
	return set
}

// controls are words before a bracket or a brace that declare nothing.
var controls = words("if", "for", "while", "switch", "catch", "return", "else", "do", "try", "synchronized", "using", "lock",
	"when", "guard", "repeat", "finally", "defer", "foreach", "match", "loop", "unsafe", "with", "fixed", "checked", "sizeof",
	"await", "throw", "new", "in", "is", "as", "assert", "case", "default", "where", "yield", "typeof", "elseif", "and", "or", "not",
	"decltype", "alignas", "noexcept", "__attribute__", "__declspec", "throws", "function", "super", "this", "static_assert", "requires")

var (
	swiftSyntax = &scanSyntax{separator: ".", nestedComments: true, tripleQuotes: true, hashStrings: true, interpolation: '(',
		lifetimes: true, types: map[string]Kind{"class": Class, "struct": Struct, "enum": Enum, "protocol": Interface, "actor": Class},
		scopes: words("extension"), functions: words("func", "macro"), constructors: words("init", "deinit", "subscript"),
		newlines: true, accessors: true, hidden: []string{"private", "fileprivate"}}
	dartSyntax = &scanSyntax{separator: ".", nestedComments: true, tripleQuotes: true, interpolation: '{',
		types:  map[string]Kind{"class": Class, "enum": Enum, "mixin": Interface},
		scopes: words("extension"), bare: true, arrows: true, underscore: true}
	rustSyntax = &scanSyntax{separator: "::", nestedComments: true, hashStrings: true, longStrings: true, lifetimes: true,
		types:  map[string]Kind{"struct": Struct, "enum": Enum, "trait": Interface, "union": Type},
		scopes: words("impl", "mod"), functions: words("fn"), shown: "pub"}
	javaSyntax = &scanSyntax{separator: ".", tripleQuotes: true,
		types: map[string]Kind{"class": Class, "interface": Interface, "enum": Enum, "record": Struct},
		bare:  true, shown: "public"}
	csharpSyntax = &scanSyntax{separator: ".", preprocessor: true, tripleQuotes: true, verbatim: true,
		types:  map[string]Kind{"class": Class, "interface": Interface, "enum": Enum, "record": Struct, "struct": Struct},
		scopes: words("namespace"), bare: true, arrows: true, shown: "public"}
	kotlinSyntax = &scanSyntax{separator: ".", nestedComments: true, tripleQuotes: true, interpolation: '{',
		types:     map[string]Kind{"class": Class, "interface": Interface, "object": Class, "enum": Enum},
		functions: words("fun"), constructors: words("constructor"), newlines: true, equals: true, hidden: []string{"private", "internal", "protected"}}
	scalaSyntax = &scanSyntax{separator: ".", nestedComments: true, tripleQuotes: true, lifetimes: true, interpolation: '{',
		types:     map[string]Kind{"class": Class, "trait": Interface, "object": Class, "enum": Enum},
		functions: words("def"), newlines: true, equals: true, hidden: []string{"private", "protected"}}
	cSyntax = &scanSyntax{separator: ".", preprocessor: true, types: map[string]Kind{"struct": Struct, "enum": Enum, "union": Type},
		scopes: words("extern"), bare: true, hidden: []string{"static"}}
	cppSyntax = &scanSyntax{separator: "::", preprocessor: true,
		types:  map[string]Kind{"struct": Struct, "enum": Enum, "union": Type, "class": Class},
		scopes: words("extern", "namespace"), bare: true, hidden: []string{"static"}}
	scriptSyntax = &scanSyntax{separator: ".", template: true, regex: true, interpolation: '{',
		types:  map[string]Kind{"class": Class, "interface": Interface, "enum": Enum},
		scopes: words("namespace"), functions: words("function"), bare: true, bound: true, newlines: true, shown: "export"}
	phpSyntax = &scanSyntax{separator: `\`, hashComment: true, longStrings: true,
		types:     map[string]Kind{"class": Class, "interface": Interface, "trait": Interface, "enum": Enum},
		functions: words("function"), hidden: []string{"private", "protected"}}
	zigSyntax = &scanSyntax{separator: ".", functions: words("fn"), shown: "pub"}
)

package lexical

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// termsOf returns the terms of a text, each token of kind whole in angle brackets, each piece in parentheses.
func termsOf(text string) string {
	var a analyzer
	var terms []string
	for pos := 0; ; {
		start, end, kind := nextWord(text, pos)
		if kind == noWord {
			return strings.Join(terms, " ")
		}
		pos = end
		a.analyze(text[start:end], kind)
		for _, t := range a.tokens {
			term := string(a.term(t))
			switch t.kind {
			case whole:
				term = "<" + term + ">"
			case piece:
				term = "(" + term + ")"
			}
			terms = append(terms, term)
		}
	}
}

func TestTokenize(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"punctuation", " +-*/ (){}\t\n", ""},
		{"words", "Read the FILE", "read the file"},
		{"camel", "getUserName", "get user name <getusernam>"},
		{"pascal", "UserName", "user name <usernam>"},
		{"snake", "parse_json_file", "pars json file <parsejsonfil>"},
		{"screaming snake", "MAX_BUFFER_SIZE", "max buffer size <maxbuffersiz>"},
		{"joiners around", "__init__ _x", "init x"},
		{"only joiners", "___", ""},
		{"kebab is words", "user-name", "user name"},
		{"acronym first", "HTTPServer", "http server <httpserver>"},
		{"acronym last", "serveHTTP", "serv http <servehttp>"},
		{"acronym in the middle", "newXMLDecoder", "new xml decoder <newxmldecoder>"},
		{"acronym plural", "URLs getIDsOf", "url get id of <getidsof>"},
		{"acronym of two", "IOStream", "io stream <iostream>"},
		{"letters and digits", "utf8", "utf8 (utf) (8)"},
		{"digest name", "sha256", "sha256 (sha) (256)"},
		{"letters and digits in camel", "decodeUTF8String", "decod utf8 (utf) (8) string <decodeutf8str>"},
		{"digits before upper", "utf8Decode", "utf8 (utf) (8) decod <utf8decod>"},
		{"single letter with digit", "x1 v2", "x1 v2"},
		{"digits inside", "base64url", "base64url (base) (64) (url)"},
		{"numbers", "3.14159 8080 123456", "3 14159 8080 123456"},
		{"long number", "1234567", ""},
		{"number with joiners", "1_000_000", "1 000 000 <1000000>"},
		{"small hexadecimal", "0xFF 0xcafebabe", "0xff 0xcafebabe"},
		{"apostrophe", "user's", "user s"},
		{"digest", "d41d8cd98f00b204e9800998ecf8427e", ""},
		{"upper digest", "0xD41D8CD98F00B204E9800998ECF8427E", ""},
		{"encoded", "aGVsbG8gd29ybGQsIHRoaXM5c3RyaW5n", ""},
		{"long identifier", "TestServerHandlesHTTP2Requests", "test server handl http2 (http) (2) request <testserverhandleshttp2request>"},
		{"long word", strings.Repeat("a", maxTerm+1), ""},
		{"longest word", strings.Repeat("b", maxTerm), strings.Repeat("b", maxTerm)},
		{"too long for a whole", strings.Repeat("word_", 20), strings.TrimSpace(strings.Repeat("word ", 20))},
		{"data", strings.Repeat("ab_", maxWord), ""},
		{"accents", "Café naïve RÉSUMÉ", "cafe naiv resum"},
		{"combining accent", "cafe\u0301", "cafe"},
		{"full width", "ＵｓｅｒＮａｍｅ", "user name <usernam>"},
		{"cyrillic", "Привет", "привет"},
		{"cyrillic camel", "новыйФайл", "новыи фаил <новыифаил>"},
		{"greek sigma", "ΟΔΟΣ οδος", "οδοσ οδοσ"},
		{"german", "Größe", "große"},
		{"chinese", "解析文件", "解析 析文 文件"},
		{"one character", "猫", "猫"},
		{"mixed scripts", "解析JSON文件", "解析 json 文件"},
		{"japanese", "サーバー", "サー ーバ バー"},
		{"half width", "ｻｰﾊﾞｰ", "サー ーバ バー"},
		{"korean", "파일을 읽다", "파일 일을 읽다"},
		{"thai", "ไฟล์", "ไฟ ฟล ล์"},
		{"arabic", "ملف جديد", "ملف جديد"},
		{"not utf-8", "good\xff\xfebad", "good bad"},
		{"symbols", "a→b €5 x²", "a b 5 x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := termsOf(c.text); got != c.want {
				t.Errorf("terms of %q:\n got %s\nwant %s", c.text, got, c.want)
			}
		})
	}
}

func TestStem(t *testing.T) {
	// Every line is one family: all words have the form that comes first, which need not be a word.
	for _, line := range []string{
		"pars parse parses parsed parsing", "file files", "code codes coded coding", "name names named naming",
		"cach cache caches cached caching", "run runs running", "call calls called calling",
		"add adds added adding", "set sets setting", "use uses used using", "make makes making",
		"writ write writes writing", "sort sorts sorted sorting", "clos close closes closed closing",
		"query queries queried querying", "retry retries retried retrying", "apply applies applied applying", "tie ties", "class classes", "box boxes", "match matches matched matching", "hash hashes hashed hashing",
		"index indexes indexed indexing", "address addresses", "alias aliases", "index indexing", "creat create created creating",
		"delet delete deletes deleted deleting", "status", "process processes processed processing", "url urls",
		"api apis", "schema schemas", "string strings", "thing things", "need needs", "feed feeds", "this", "has",
		"bus", "analysis", "axis", "king", "red", "speed", "being", "size sizes", "show shows showed showing",
		"fix fixes fixed fixing", "type types typed typing", "log logs logged logging", "key keys",
		"größes", "id ids", "is", "utf8 utf8s", "http2request http2requests", "pass passes passed passing",
	} {
		family := strings.Fields(line)
		for _, word := range family[min(1, len(family)-1):] {
			if got := string(stem([]byte(word))); got != family[0] {
				t.Errorf("stem(%q) = %q, want %q", word, got, family[0])
			}
		}
	}
}

func TestAnalyzeQuery(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"how to read the file", "read/word file/word readfil/joined"},
		{"to be or not to be", "not/word"},
		{"what is this", "what/word is/word this/word"},
		{"getUserName", "get/word user/word name/word getusernam/identifier"},
		{"user name user NAMES", "user/word name/word usernam/joined nameuser/joined usernameuser/joined nameusernam/joined"},
		{"open the door", "open/word door/word opendoor/joined"},
		{"utf8", "utf8/word utf/piece 8/piece"},
		{"utf utf8", "utf/word utf8/word 8/piece utfutf8/joined"},
		{"解析 文件", "解析/word 文件/word"},
	} {
		var got []string
		for _, term := range Analyze(c.text).Terms {
			got = append(got, term.Text+"/"+term.Kind.String())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("Analyze(%q):\n got %s\nwant %s", c.text, s, c.want)
		}
	}
	if n := len(Analyze(strings.Repeat("alpha beta gamma delta x1y2 ", 3)).Terms); n > maxQueryTerms {
		t.Errorf("%d terms", n)
	}
	var long strings.Builder
	for i := range 10 * maxQueryTerms {
		long.WriteString("word" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + " ")
	}
	if n := len(Analyze(long.String()).Terms); n != maxQueryTerms {
		t.Errorf("a long text gives %d terms, want %d", n, maxQueryTerms)
	}
}

func TestHighlights(t *testing.T) {
	for _, c := range []struct{ text, query, want string }{
		{"", "user", ""},
		{"get the user", "", ""},
		{"the Users of getUserName", "user", "Users|User"},
		{"call getUserName(user)", "getUserName", "getUserName|user"},
		{"username, user", "user name", "username|user"},
		{"decodeUTF8String", "utf8", "UTF8"},
		{"解析文件和文件", "文件", "文件|文件"},
		{"解析文件", "解析文件", "解析文件"},
		{"ｻｰﾊﾞｰ", "バー", "ｻｰﾊﾞｰ"},
		{"utf16", "16 utf", "utf|16"},
		{"Größe Café", "cafe", "Café"},
		{"HTTPServer", "server", "Server"},
	} {
		var got []string
		for _, r := range Highlights(c.text, Analyze(c.query)) {
			got = append(got, c.text[r.Start:r.End])
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("Highlights(%q, %q): got %s, want %s", c.text, c.query, s, c.want)
		}
	}
}

func TestLengthCodes(t *testing.T) {
	previous := uint8(0)
	for n := range uint32(600_000) {
		code := lengthCode(n)
		if code < previous || codeLengths[code] > n {
			t.Fatalf("length %d: code %d after %d stands for %d", n, code, previous, codeLengths[code])
		}
		if code < 255 && n-codeLengths[code] > n/16 {
			t.Fatalf("length %d: code %d stands for %d", n, code, codeLengths[code])
		}
		if n < 32 && codeLengths[code] != n {
			t.Fatalf("length %d is not exact", n)
		}
		previous = code
	}
	for code, n := range codeLengths {
		if lengthCode(n) != uint8(code) {
			t.Errorf("code %d stands for %d, whose code is %d", code, n, lengthCode(n))
		}
	}
	if lengthCode(1<<32-1) != 255 {
		t.Error("the longest length has not the last code")
	}
}

func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"getUserName", "HTTPServer x1 utf8", "Größe cafe\u0301", "解析JSONｻｰﾊﾞｰ", "\xff\xfe", "__a__B9c", "ﷺ ﬁ İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a analyzer
		last := 0
		for pos := 0; ; {
			start, end, kind := nextWord(text, pos)
			if kind == noWord {
				break
			}
			if start < last || end <= start || end > len(text) {
				t.Fatalf("word [%d,%d) after %d", start, end, last)
			}
			last, pos = end, end
			a.analyze(text[start:end], kind)
			for _, tok := range a.tokens {
				term := a.term(tok)
				if len(term) == 0 || len(term) > 255 || !utf8.Valid(term) {
					t.Fatalf("term %q of %q", term, text[start:end])
				}
				if tok.end > end-start || tok.start < 0 || tok.end >= 0 && tok.end <= tok.start {
					t.Fatalf("token [%d,%d) of %q", tok.start, tok.end, text[start:end])
				}
			}
		}
		q := Analyze(text)
		ranges := Highlights(text, q)
		if !slices.IsSortedFunc(ranges, func(x, y Range) int { return x.Start - y.Start }) {
			t.Fatalf("ranges %v", ranges)
		}
	})
}

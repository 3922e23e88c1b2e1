package lexical

// stem reduces the inflections of an English word that matter in code and its documentation to one form:
// plurals, -ing and -ed, with y and ie made one, and the silent e that those suffixes drop. It starts from Harman's S-stemmer ("How
// effective is suffixing?", 1991) and stays conservative: derivations (parser, parse, conversion, convert) keep
// apart, and nothing is removed unless a vowel remains. The form need not be a word (cache, caches, cached and
// caching give "cach").
//
// The argument is lower case and changed in place; the result aliases it, except where an e is put back, for
// which word must have room as it always loses more than one byte first. Words with anything but a to z and
// digits, and those that start with a digit, are returned as they are.
func stem(word []byte) []byte {
	if len(word) < 4 {
		if string(word) == "ids" {
			return word[:2]
		}
		return word
	}
	switch word[len(word)-1] {
	case 's', 'd', 'g', 'e':
	default:
		return word
	}
	for i, c := range word {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9' || i == 0) {
			return word
		}
	}
	word = singular(word)
	n := len(word)
	switch {
	case hasSuffix(word, "ing") && removable(word[:n-3]):
		return restore(word[:n-3])
	case hasSuffix(word, "ied") && n > 4:
		word[n-3] = 'y'
		return word[:n-2]
	case hasSuffix(word, "ed") && !hasSuffix(word, "eed") && removable(word[:n-2]):
		return restore(word[:n-2])
	}
	return dropE(word)
}

// singular removes the ending of a plural or of a verb's third person.
func singular(w []byte) []byte {
	n := len(w)
	if w[n-1] != 's' || n < 4 {
		return w
	}
	switch {
	case hasSuffix(w, "ss"), hasSuffix(w, "us"), hasSuffix(w, "sis"), hasSuffix(w, "xis"):
		return w
	case string(w) == "alias" || string(w) == "canvas" || string(w) == "bias" || string(w) == "this":
		return w
	case hasSuffix(w, "ies") && n > 4:
		if hasSuffix(w, "eies") || hasSuffix(w, "aies") {
			return w[:n-1]
		}
		w[n-3] = 'y'
		return w[:n-2]
	case hasSuffix(w, "sses"), hasSuffix(w, "xes"), hasSuffix(w, "ches"), hasSuffix(w, "shes"):
		return w[:n-2]
	}
	return w[:n-1]
}

// removable reports whether a suffix may leave this rest: three letters with a vowel, or two like "us" in using.
func removable(rest []byte) bool {
	if len(rest) == 2 {
		return isVowel(rest[0]) && !isVowel(rest[1])
	}
	return len(rest) > 2 && hasVowel(rest)
}

// restore undoes what -ing and -ed do to the word before them: a doubled consonant (running) and the e of a
// short word (coding). The e of longer words is dropped from all their forms instead.
func restore(w []byte) []byte {
	n := len(w)
	last := w[n-1]
	if n > 3 && last == w[n-2] && !isVowel(last) && last != 'l' && last != 's' && last != 'z' {
		return w[:n-1]
	}
	short := n == 2 || n == 3 && !isVowel(w[0]) && isVowel(w[1])
	if short && !isVowel(last) && last != 'w' && last != 'x' {
		return append(w, 'e')
	}
	return dropE(w)
}

// dropE removes a silent e where four letters remain: parse, parsing.
func dropE(w []byte) []byte {
	n := len(w)
	if n > 4 && w[n-1] == 'e' && w[n-2] != 'e' {
		return w[:n-1]
	}
	return w
}

func hasSuffix(w []byte, suffix string) bool {
	return len(w) >= len(suffix) && string(w[len(w)-len(suffix):]) == suffix
}

func isVowel(c byte) bool {
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'
}

func hasVowel(w []byte) bool {
	for _, c := range w {
		if isVowel(c) {
			return true
		}
	}
	return false
}

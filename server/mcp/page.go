package mcp

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// maxResults is how many results a question has at most, over all pages. Every page is cut from the same ranking of
// that length: a ranking of another length can differ, and pages would repeat or miss results.
const maxResults = 200

// Sizes of a page.
const (
	defaultPage = 10
	maxPage     = 50
)

// cursor writes the place where the next page of a question begins. It carries a mark of the question, so that it is
// not taken for one of another. The index may change between two pages; pages show what is there when they are asked.
func cursor(question any, offset int) (string, error) {
	mark, err := markOf(question)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d-%s", offset, mark), nil
}

// offset reads a cursor; the empty one is the beginning.
func offset(question any, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	mark, err := markOf(question)
	if err != nil {
		return 0, err
	}
	number, foreign, _ := strings.Cut(cursor, "-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > maxResults || foreign != mark {
		return 0, problemf("repeat the arguments of the first call and add its nextCursor, or leave cursor out",
			"cursor %q does not belong to this question", cursor)
	}
	return n, nil
}

// markOf is a short fingerprint of a question.
func markOf(question any) (string, error) {
	text, err := json.Marshal(question)
	if err != nil {
		return "", fmt.Errorf("mark the question: %w", err)
	}
	h := fnv.New32a()
	h.Write(text)
	return strconv.FormatUint(uint64(h.Sum32()), 36), nil
}

// page cuts the page that begins at offset out of all results and tells where the next one begins, 0 for nowhere.
func page[T any](all []T, offset, limit int) (cut []T, next int) {
	if offset >= len(all) {
		return []T{}, 0
	}
	end := min(offset+limit, len(all))
	if end < len(all) {
		next = end
	}
	return all[offset:end], next
}

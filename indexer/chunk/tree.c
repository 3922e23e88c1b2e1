//go:build cgo

// Parsing and flattening of a tree inside C: one call from Go for each, whatever the size of the text.

#define _POSIX_C_SOURCE 200809L

#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef enum { TSInputEncodingUTF8 } TSInputEncoding;
typedef struct {
	void *payload;
	const char *(*read)(void *payload, uint32_t byte, TSPoint at, uint32_t *size);
	TSInputEncoding encoding;
	uint32_t (*decode)(const uint8_t *string, uint32_t length, int32_t *code_point);
} TSInput;
typedef struct { void *payload; uint32_t current_byte_offset; bool has_error; } TSParseState;
typedef struct { void *payload; bool (*progress_callback)(TSParseState *state); } TSParseOptions;

extern TSParser *ts_parser_new(void);
extern void ts_parser_delete(TSParser *);
extern bool ts_parser_set_language(TSParser *, const TSLanguage *);
extern TSTree *ts_parser_parse_with_options(TSParser *, const TSTree *, TSInput, TSParseOptions);
extern TSTree *ts_tree_copy(const TSTree *);
extern void ts_tree_delete(TSTree *);
extern void ts_tree_edit(TSTree *, const TSInputEdit *);
extern TSNode ts_tree_root_node(const TSTree *);
extern uint16_t ts_node_symbol(TSNode);
extern uint32_t ts_node_start_byte(TSNode);
extern uint32_t ts_node_end_byte(TSNode);
extern bool ts_node_is_named(TSNode);
extern bool ts_node_has_error(TSNode);
extern TSTreeCursor ts_tree_cursor_new(TSNode);
extern void ts_tree_cursor_delete(TSTreeCursor *);
extern TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
extern uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
extern bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
extern bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
extern bool ts_tree_cursor_goto_parent(TSTreeCursor *);
extern uint32_t ts_language_symbol_count(const TSLanguage *);
extern const char *ts_language_symbol_name(const TSLanguage *, uint16_t);
extern int ts_language_symbol_type(const TSLanguage *, uint16_t);
extern uint32_t ts_language_field_count(const TSLanguage *);
extern const char *ts_language_field_name_for_id(const TSLanguage *, uint16_t);
extern void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t), void *(*)(void *, size_t), void (*)(void *));

// Bytes asked for on this thread since its parse began: what the limit on memory looks at. Freed bytes are not
// taken off, so it is an upper bound.
static _Thread_local uint64_t requested;

static void *count_malloc(size_t size) {
	requested += size;
	void *p = malloc(size);
	if (p == NULL && size > 0) abort();
	return p;
}

static void *count_calloc(size_t n, size_t size) {
	requested += n * size;
	void *p = calloc(n, size);
	if (p == NULL && n > 0 && size > 0) abort();
	return p;
}

static void *count_realloc(void *old, size_t size) {
	requested += size;
	void *p = realloc(old, size);
	if (p == NULL && size > 0) abort();
	return p;
}

void chunk_count_allocations(void) { ts_set_allocator(count_malloc, count_calloc, count_realloc, free); }

// A list of nodes longer than this is freed before the next parse.
enum { CHUNK_KEPT_NODES = 1 << 18 };

struct chunk_parser {
	TSParser *parser;
	const TSLanguage *language;
	const char *text;
	uint32_t size;
	bool newline; // the text is read as if one more stood at its end
	uint64_t deadline_us, limit_bytes;
	chunk_node *nodes;
	uint32_t capacity;
	uint32_t *parents;
	uint32_t parents_capacity;
};

static uint64_t now_us(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

chunk_parser *chunk_parser_new(const void *language) {
	chunk_parser *p = calloc(1, sizeof *p);
	if (p == NULL) return NULL;
	p->parser = ts_parser_new();
	p->language = language;
	if (!ts_parser_set_language(p->parser, language)) {
		chunk_parser_delete(p);
		return NULL;
	}
	return p;
}

void chunk_parser_delete(chunk_parser *p) {
	if (p == NULL) return;
	ts_parser_delete(p->parser);
	free(p->nodes);
	free(p->parents);
	free(p);
}

static const char *read_text(void *payload, uint32_t byte, TSPoint at, uint32_t *size) {
	(void)at;
	const chunk_parser *p = payload;
	if (byte >= p->size) {
		*size = byte == p->size && p->newline;
		return "\n";
	}
	*size = p->size - byte;
	return p->text + byte;
}

static bool out_of_limits(TSParseState *state) {
	const chunk_parser *p = state->payload;
	return requested > p->limit_bytes || now_us() > p->deadline_us;
}

TSTree *chunk_parse(chunk_parser *p, const char *text, uint32_t size, bool newline, const TSTree *old, uint64_t limit_us,
	uint64_t limit_bytes, bool *damaged) {
	if (p->capacity > CHUNK_KEPT_NODES) {
		free(p->nodes);
		p->nodes = NULL;
		p->capacity = 0;
	}
	requested = 0;
	p->text = text;
	p->size = size;
	p->newline = newline;
	p->deadline_us = now_us() + limit_us;
	p->limit_bytes = limit_bytes;
	TSInput input = {p, read_text, TSInputEncodingUTF8, NULL};
	TSParseOptions options = {p, out_of_limits};
	TSTree *tree = ts_parser_parse_with_options(p->parser, old, input, options);
	p->text = NULL;
	if (tree == NULL) {
		// A parser that was stopped while it balanced the tree goes on with that in its next parse, reset or not, and finds no
		// tree.
		ts_parser_delete(p->parser);
		p->parser = ts_parser_new();
		ts_parser_set_language(p->parser, p->language);
		return NULL;
	}
	*damaged = ts_node_has_error(ts_tree_root_node(tree));
	return tree;
}

TSTree *chunk_edit(const TSTree *tree, TSInputEdit edit) {
	TSTree *copy = ts_tree_copy(tree);
	ts_tree_edit(copy, &edit);
	return copy;
}

void chunk_tree_delete(TSTree *tree) { ts_tree_delete(tree); }

// reserve makes room for one more element and reports whether there is.
static bool reserve(void **array, uint32_t *capacity, uint32_t used, size_t element) {
	if (used < *capacity) return true;
	uint32_t n = *capacity ? *capacity * 2 : 1024;
	void *grown = realloc(*array, (size_t)n * element);
	if (grown == NULL) return false;
	*array = grown;
	*capacity = n;
	return true;
}

static uint8_t policy_of(const uint8_t *policy, uint32_t symbols, uint16_t symbol) {
	return symbol < symbols ? policy[symbol] : CHUNK_EMIT; // beyond the table are only errors
}

// inside keeps an offset in the text, of which the line end that newline adds is no part.
static uint32_t inside(const chunk_parser *p, uint32_t offset) { return offset < p->size ? offset : p->size; }

const chunk_node *chunk_walk(chunk_parser *p, const TSTree *tree, const uint8_t *policy, uint32_t symbols,
	uint32_t limit, uint32_t *count) {
	const uint32_t none = UINT32_MAX;
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	uint32_t n = 0, depth = 0;
	bool parent_emits = true; // the parent of the cursor's node asks for its children
	for (bool more = true; more;) {
		TSNode node = ts_tree_cursor_current_node(&cursor);
		uint16_t symbol = ts_node_symbol(node);
		uint8_t how = policy_of(policy, symbols, symbol);
		uint32_t index = none;
		if (how & (CHUNK_EMIT | CHUNK_LEAF) || (parent_emits && ts_node_is_named(node))) {
			if (n >= limit || !reserve((void **)&p->nodes, &p->capacity, n, sizeof *p->nodes)) break;
			index = n++;
			p->nodes[index] = (chunk_node){inside(p, ts_node_start_byte(node)), inside(p, ts_node_end_byte(node)), n, symbol,
				ts_tree_cursor_current_field_id(&cursor)};
		}
		if (!(how & CHUNK_PRUNE) && ts_tree_cursor_goto_first_child(&cursor)) {
			if (!reserve((void **)&p->parents, &p->parents_capacity, depth, sizeof *p->parents)) break;
			// The highest bit keeps whether the children of the level above are asked for.
			p->parents[depth++] = (index & 0x7fffffff) | (parent_emits ? 0x80000000 : 0);
			parent_emits = how & CHUNK_EMIT;
			continue;
		}
		while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
			if (!(more = ts_tree_cursor_goto_parent(&cursor))) break;
			uint32_t up = p->parents[--depth];
			parent_emits = up & 0x80000000;
			if ((up & 0x7fffffff) != 0x7fffffff) p->nodes[up & 0x7fffffff].next = n;
		}
	}
	// After an early stop the nodes still open end with the list.
	while (depth > 0) {
		uint32_t up = p->parents[--depth] & 0x7fffffff;
		if (up != 0x7fffffff) p->nodes[up].next = n;
	}
	ts_tree_cursor_delete(&cursor);
	*count = n;
	return p->nodes;
}

uint32_t chunk_symbol_count(const void *l) { return ts_language_symbol_count(l); }
const char *chunk_symbol_name(const void *l, uint16_t s) { return ts_language_symbol_name(l, s); }
bool chunk_symbol_named(const void *l, uint16_t s) { return ts_language_symbol_type(l, s) == 0; }
uint32_t chunk_field_count(const void *l) { return ts_language_field_count(l); }
const char *chunk_field_name(const void *l, uint16_t f) { return ts_language_field_name_for_id(l, f); }

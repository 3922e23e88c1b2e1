package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// setting is one leaf of Settings.
type setting struct {
	key      string // dotted
	index    []int  // for reflect.Value.FieldByIndex
	typ      reflect.Type
	machine  bool
	restart  bool  // only what is known at the start counts
	min, max int64 // of numbers
}

// leaves lists every setting in the order of the struct.
var leaves = collect(reflect.TypeFor[Settings](), "", nil)

func collect(t reflect.Type, prefix string, index []int) []setting {
	var out []setting
	for i := range t.NumField() {
		field := t.Field(i)
		key := prefix + field.Tag.Get("json")
		at := append(slices.Clone(index), i)
		if field.Type.Kind() == reflect.Struct {
			out = append(out, collect(field.Type, key+".", at)...)
			continue
		}
		leaf := setting{key: key, index: at, typ: field.Type, machine: field.Tag.Get("scope") == "machine", restart: field.Tag.Get("restart") == "true"}
		if low, high, ok := strings.Cut(field.Tag.Get("range"), ","); ok {
			leaf.min, _ = strconv.ParseInt(low, 10, 64)
			leaf.max, _ = strconv.ParseInt(high, 10, 64)
		}
		out = append(out, leaf)
	}
	return out
}

// value is one decoded setting.
type value struct {
	leaf  setting
	raw   any // as it came
	value reflect.Value
}

// decodeLayer checks every setting of layer and returns the sound ones by key, with the problems of the others.
func decodeLayer(layer Layer) (map[string]value, []Problem) {
	flat := map[string]any{}
	flatten("", layer.Values, flat)
	sound := make(map[string]value, len(flat))
	var problems []Problem
	for _, key := range slices.Sorted(maps.Keys(flat)) {
		decoded, problem := decodeOne(layer.Origin, key, flat[key])
		switch {
		case problem != nil:
			problem.Source, problem.Key = layer.Name, key
			problems = append(problems, *problem)
		case decoded.value.IsValid():
			sound[key] = decoded
		}
	}
	return sound, problems
}

// flatten writes every leaf of values under its dotted key. Of a key that is given twice, nested and dotted, the
// dotted one counts.
func flatten(prefix string, values map[string]any, out map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		v := values[key]
		if inner, ok := v.(map[string]any); ok {
			flatten(prefix+key+".", inner, out)
			continue
		}
		out[prefix+key] = v
	}
}

// decodeOne checks one setting. Neither a value nor a problem means that it is not set.
func decodeOne(origin Origin, key string, raw any) (value, *Problem) {
	if raw == nil {
		return value{}, nil // editors say null for "not set"
	}
	at := slices.IndexFunc(leaves, func(l setting) bool { return l.key == key })
	if at < 0 {
		return value{}, &Problem{Message: unknown(key), Warning: true}
	}
	leaf := leaves[at]
	if leaf.machine && origin == FromRepository {
		return value{}, &Problem{Message: "a repository may not set this; set it in the editor or on the command line", Warning: true}
	}
	decoded, err := leaf.decode(raw)
	if err != nil {
		return value{}, &Problem{Message: err.Error()}
	}
	return value{leaf: leaf, raw: raw, value: decoded}, nil
}

// decode turns raw, which comes from a JSON or TOML decoder, into a value of the setting's type.
func (l setting) decode(raw any) (reflect.Value, error) {
	out := reflect.New(l.typ).Elem()
	switch l.typ.Kind() {
	case reflect.Bool:
		v, ok := raw.(bool)
		if !ok {
			return out, l.mismatch(raw)
		}
		out.SetBool(v)
	case reflect.String:
		v, ok := raw.(string)
		if !ok || !l.allows(v) {
			return out, l.mismatch(raw)
		}
		out.SetString(v)
	case reflect.Slice:
		v, ok := texts(raw)
		if !ok {
			return out, l.mismatch(raw)
		}
		out.Set(reflect.ValueOf(v))
	default: // a whole number
		v, ok := whole(raw)
		if !ok || v < l.min || v > l.max {
			return out, l.mismatch(raw)
		}
		out.SetInt(v)
	}
	return out, nil
}

func (l setting) values() []string {
	if e, ok := reflect.Zero(l.typ).Interface().(enum); ok {
		return e.values()
	}
	return nil
}

func (l setting) allows(v string) bool {
	values := l.values()
	return values == nil || slices.Contains(values, v)
}

// expects says which values the setting takes.
func (l setting) expects() string {
	if values := l.values(); values != nil {
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = strconv.Quote(v)
		}
		return "one of " + strings.Join(quoted, ", ")
	}
	switch l.typ.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list of strings"
	default:
		return fmt.Sprintf("a whole number from %d to %d", l.min, l.max)
	}
}

func (l setting) mismatch(raw any) error {
	return fmt.Errorf("%s is needed, got %s", l.expects(), describe(raw))
}

// describe shows a decoded value in a message, shortened.
func describe(raw any) string {
	text, err := json.Marshal(raw)
	if err != nil {
		return fmt.Sprintf("%T", raw)
	}
	const longest = 60
	if len(text) > longest {
		return strings.ToValidUTF8(string(text[:longest]), "") + "…"
	}
	return string(text)
}

// whole reads a whole number as JSON and TOML decoders give it.
func whole(raw any) (int64, bool) {
	switch v := raw.(type) {
	case int64:
		return v, true
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, true
		}
		f, err := v.Float64() // 1e6 and 20.0 are whole too
		if err != nil {
			return 0, false
		}
		return whole(f)
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return 0, false
		}
		return int64(v), true
	default:
		return 0, false
	}
}

func texts(raw any) ([]string, bool) {
	list, ok := raw.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		out = append(out, text)
	}
	return out, true
}

// unknown is the message about a key that does not exist, with the nearest one that does.
func unknown(key string) string {
	best, distance := "", len(key)/2+1
	for _, leaf := range leaves {
		if d := editDistance(strings.ToLower(key), strings.ToLower(leaf.key)); d < distance {
			best, distance = leaf.key, d
		}
	}
	if best == "" {
		return "unknown setting"
	}
	return fmt.Sprintf("unknown setting, did you mean %q?", best)
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost = 1 + min(previous, row[j], row[j+1])
			}
			previous, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

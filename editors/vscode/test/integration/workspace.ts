// The code that is searched.

/** Files by name. */
export const files: Readonly<Record<string, string>> = {
  "go.mod": "module example.com/demo\n\ngo 1.26\n",
  "retry/retry.go": `// Package retry calls things again.
package retry

import (
	"errors"
	"time"
)

// ErrGivenUp says that no attempt succeeded.
var ErrGivenUp = errors.New("given up")

// WithBackoff calls send until it succeeds, waiting twice as long after every failed attempt.
func WithBackoff(attempts int, send func() error) error {
	delay := 10 * time.Millisecond
	for range attempts {
		if send() == nil {
			return nil
		}
		time.Sleep(delay)
		delay *= 2
	}
	return ErrGivenUp
}

// Forever calls send again and again, at a steady pace, until it succeeds.
func Forever(pace time.Duration, send func() error) {
	for send() != nil {
		time.Sleep(pace)
	}
}
`,
  "retry/config.go": `package retry

import (
	"encoding/json"
	"os"
)

// Config says how often to try.
type Config struct{ Attempts int }

// ReadConfig loads the settings from a JSON file.
func ReadConfig(path string) (c Config, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(data, &c)
}
`,
  "text/words.py": `import re


def slugify(title):
    """Turn the words of a title into a slug that can stand in a link."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def count_words(text):
    """Count how often each word occurs in a text."""
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def word_frequency(document):
    """Say how often the words of a document occur."""
    counts = {}
    for word in document.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def shorten(text, longest):
    """Cut a text to a number of characters and mark where something is missing."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 3].rstrip()
    if not cut:
        return text[:longest]
    return cut + "..."
`,
  "text/titles.py": `"""Titles of pages."""


def shorten(text, longest):
    """Cut a text to a number of characters and mark where something is missing."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 3].rstrip()
    if not cut:
        return text[:longest]
    return cut + "..."
`,
  "web/session.ts": `// Keeps a person signed in.
export class Session {
  constructor(private readonly token: string, private readonly expires: Date) {}

  /** Whether the person has to sign in again. */
  isExpired(now: Date): boolean {
    return now >= this.expires;
  }

  /** The header that goes with every request. */
  authorization(): string {
    return \`Bearer \${this.token}\`;
  }
}

// TODO: load the settings from a file
export const settings = {};
`,
};

/** Files with more to find: the same few shapes with other words. */
export function manyFiles(count: number): Record<string, string> {
  const things = ["order", "invoice", "customer", "parcel", "ticket", "refund", "account", "report", "letter", "photo"];
  const made: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const thing = `${things[i % things.length] ?? ""}${Math.floor(i / things.length)}`;
    made[`store/${thing}.py`] = `def load_${thing}(path):\n    """Read the ${thing} from a file."""\n    with open(path) as file:\n        return file.read()\n\n\ndef delete_${thing}(store, key):\n    """Remove the ${thing} from the store."""\n    store.pop(key, None)\n`;
  }
  return made;
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Formats of results.
const (
	formatAuto = "auto" // text on a terminal, grep elsewhere
	formatText = "text" // for people: name, signature, first sentence of the documentation
	formatGrep = "grep" // file:line:column: signature
	formatJSON = "json"
)

var formats = []string{formatAuto, formatText, formatGrep, formatJSON}

// lookup holds the options of the commands that ask the index and print results.
type lookup struct {
	*globals
	root    string
	limit   int
	format  string
	asJSON  bool
	explain bool
	fresh   bool
	wait    time.Duration
}

// defaultWait is how long a command waits for the index to catch up with the disk before it answers from what
// there is. An up-to-date index takes milliseconds, so only a first run comes near it.
const defaultWait = 30 * time.Second

// addRoot adds the option that names the workspace.
func addRoot(cmd *cobra.Command, root *string) {
	cmd.Flags().StringVar(root, "root", ".", "folder to work on; its repository's index is used")
	if err := cmd.MarkFlagDirname("root"); err != nil {
		panic(err)
	}
}

// add adds the options to a command.
func (l *lookup) add(cmd *cobra.Command) {
	addRoot(cmd, &l.root)
	flags := cmd.Flags()
	flags.StringVar(&l.format, "format", formatAuto, "auto, text, grep (file:line:column: text) or json")
	flags.BoolVar(&l.asJSON, "json", false, "same as --format json")
	flags.BoolVar(&l.fresh, "fresh", false, "wait until everything on disk is indexed, however long it takes")
	flags.DurationVar(&l.wait, "wait", defaultWait, "wait at most this long for the index, then answer from what there is")
	completeValues(cmd, "format", formats)
}

// check settles what the options mean together.
func (l *lookup) check() error {
	if !slices.Contains(formats, l.format) {
		return fmt.Errorf("--format is %q; it can be %s", l.format, strings.Join(formats, ", "))
	}
	if l.asJSON {
		if l.format != formatAuto && l.format != formatJSON {
			return fmt.Errorf("--json and --format %s contradict each other", l.format)
		}
		l.format = formatJSON
	}
	if l.format == formatAuto {
		l.format = formatGrep
		if l.con.outTTY {
			l.format = formatText
		}
	}
	if l.wait < 0 {
		return fmt.Errorf("--wait is %s; it must not be negative", l.wait)
	}
	return nil
}

// checkLimit refuses a number of results that makes no sense.
func checkLimit(n int) error {
	if n < 1 || n > maxLimit {
		return fmt.Errorf("-n is %d; it must be between 1 and %d", n, maxLimit)
	}
	return nil
}

// maxLimit is the most results one command gives.
const maxLimit = 1000

// folder returns the absolute path of an existing folder.
func folder(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the folder %s: %w", path, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", fmt.Errorf("open the folder: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("open the folder %s: it is a file", abs)
	}
	return abs, nil
}

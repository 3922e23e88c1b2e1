package eval

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// WriteQueryReports writes the outcomes of questions as JSON lines, which ReadQueryReports reads back. Results with
// their explanations are left out: a file is there to be compared with the next run.
func WriteQueryReports(w io.Writer, reports []QueryReport) error {
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	for i := range reports {
		r := reports[i]
		r.Results = nil
		if err := encoder.Encode(&r); err != nil {
			return fmt.Errorf("write the outcome of %q: %w", r.Query, err)
		}
	}
	return buffered.Flush()
}

// ReadQueryReports reads the outcomes of questions as WriteQueryReports writes them.
func ReadQueryReports(r io.Reader) ([]QueryReport, error) {
	reports, err := readLines[QueryReport](r)
	if err != nil {
		return nil, fmt.Errorf("read outcomes: %w", err)
	}
	for i := range reports {
		if reports[i].Query == "" {
			return nil, fmt.Errorf("read outcomes: record %d has no query", i+1)
		}
	}
	return reports, nil
}

// LoadQueryReports reads a file of the outcomes of questions.
func LoadQueryReports(path string) ([]QueryReport, error) { return load(path, ReadQueryReports) }

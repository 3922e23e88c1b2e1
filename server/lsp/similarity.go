package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lsp/encoder"
	"lsp/indexer/store"
)

// comparison holds the options of lsp similarity.
type comparison struct {
	*globals
	texts, query, plot string
	limit              int
	asJSON, asCSV      bool
}

func newSimilarity(g *globals) *cobra.Command {
	c := comparison{globals: g}
	cmd := &cobra.Command{
		Use:   "similarity --texts FILE|- [--query TEXT]",
		Short: "Compare texts by meaning",
		Long: `Compare texts by meaning: the lines of --texts with one another, as a matrix of
cosines, or all with --query, nearest first. Empty lines are left out. --encoder
chooses the model; an installed transformer (lsp model) is made for this.`,
		Example: `  lsp similarity --texts sentences.txt --encoder all-minilm-l6-v2
  lsp similarity --texts sentences.txt --plot matrix.png
  git log --format=%s | lsp similarity --texts - --query "fix a race" -n 5`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&c.texts, "texts", "", "file with one text a line, - for standard input")
	flags.StringVar(&c.query, "query", "", "text to find the nearest of")
	flags.IntVarP(&c.limit, "limit", "n", 10, "how many of the nearest to print")
	flags.StringVar(&c.plot, "plot", "", "PNG file to draw the matrix into")
	flags.BoolVar(&c.asJSON, "json", false, "print JSON")
	flags.BoolVar(&c.asCSV, "csv", false, "print comma-separated values")
	return cmd
}

// Bounds of what is compared.
const (
	maxTexts       = 100_000 // with a query
	maxMatrixTexts = 2000    // with one another
	maxTextBytes   = 1 << 20
)

func (c *comparison) run(ctx context.Context) error {
	switch {
	case c.texts == "":
		return errors.New("which texts? give --texts FILE, or --texts - for standard input")
	case c.asJSON && c.asCSV:
		return errors.New("--json and --csv exclude each other")
	case c.query != "" && c.plot != "":
		return errors.New("--plot draws the matrix of all texts; leave --query out")
	}
	if err := checkLimit(c.limit); err != nil {
		return err
	}
	texts, err := c.read()
	if err != nil {
		return err
	}
	if c.query == "" && len(texts) > maxMatrixTexts {
		return fmt.Errorf("%s texts are too many to compare with one another; %s are the most, any more need --query", thousands(len(texts)), thousands(maxMatrixTexts))
	}
	enc, err := c.encoder()
	if err != nil {
		return err
	}
	vectors, err := c.encode(ctx, enc, texts)
	if err != nil {
		return err
	}
	if c.query != "" {
		return c.nearest(ctx, enc, texts, vectors)
	}
	return c.matrix(enc, texts, vectors)
}

// read returns the lines of the texts.
func (c *comparison) read() ([]string, error) {
	in := c.con.in
	if c.texts != "-" {
		f, err := os.Open(c.texts)
		if err != nil {
			return nil, fmt.Errorf("read texts: %w", err)
		}
		defer f.Close()
		in = f
	}
	var texts []string
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxTextBytes)
	for lines.Scan() {
		text := strings.ToValidUTF8(strings.TrimSpace(lines.Text()), "")
		if text == "" {
			continue
		}
		if texts = append(texts, text); len(texts) > maxTexts {
			return nil, fmt.Errorf("read texts: more than %s of them", thousands(maxTexts))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read texts from %s: %w", c.texts, err)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s has no texts", c.texts)
	}
	return texts, nil
}

// encode returns the vectors of texts, all as questions are encoded, so that none of them differs from the others by
// the role it was given.
func (c *comparison) encode(ctx context.Context, enc encoder.Encoder, texts []string) ([][]float32, error) {
	progress := newBar(c.con)
	defer progress.clear()
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = make([]float32, enc.Dimensions())
		if err := enc.EncodeQuery(ctx, text, vectors[i]); err != nil {
			return nil, fmt.Errorf("text %d: %w", i+1, err)
		}
		progress.show("encoding", i+1, len(texts))
	}
	return vectors, nil
}

// cosine is that of two vectors of length one; the zero vector of a text without any known word is near nothing.
func cosine(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return max(-1, min(1, sum))
}

// neighbour is one of the texts nearest to a query; its JSON is stable.
type neighbour struct {
	Score float64 `json:"score"`
	Index int     `json:"index"` // of the text, from 0, empty lines not counted
	Text  string  `json:"text"`
}

func (c *comparison) nearest(ctx context.Context, enc encoder.Encoder, texts []string, vectors [][]float32) error {
	query, err := c.encode(ctx, enc, []string{c.query})
	if err != nil {
		return err
	}
	all := make([]neighbour, len(texts))
	for i, text := range texts {
		all[i] = neighbour{Score: cosine(query[0], vectors[i]), Index: i, Text: text}
	}
	slices.SortStableFunc(all, func(a, b neighbour) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	all = all[:min(len(all), c.limit)]
	switch {
	case c.asJSON:
		return writeJSON(c.con.out, struct {
			Model   string      `json:"model"`
			Query   string      `json:"query"`
			Results []neighbour `json:"results"`
		}{enc.Identity().Model, c.query, all})
	case c.asCSV:
		records := [][]string{{"score", "index", "text"}}
		for _, n := range all {
			records = append(records, []string{decimal(n.Score), strconv.Itoa(n.Index), n.Text})
		}
		return writeCSV(c.con.out, records)
	}
	var b strings.Builder
	for _, n := range all {
		fmt.Fprintf(&b, "%6.3f  %s\n", n.Score, clean(n.Text))
	}
	_, err = io.WriteString(c.con.out, b.String())
	return err
}

func (c *comparison) matrix(enc encoder.Encoder, texts []string, vectors [][]float32) error {
	rows := make([][]float64, len(vectors))
	for i := range rows {
		rows[i] = make([]float64, len(vectors))
		for j := range i {
			rows[i][j] = cosine(vectors[i], vectors[j])
			rows[j][i] = rows[i][j]
		}
		rows[i][i] = cosine(vectors[i], vectors[i])
	}
	if c.plot != "" {
		if err := store.WriteFileAtomic(c.plot, func(w io.Writer) error { return png.Encode(w, heatMap(rows)) }); err != nil {
			return fmt.Errorf("draw the matrix: %w", err)
		}
	}
	switch {
	case c.asJSON:
		return writeJSON(c.con.out, struct {
			Model  string      `json:"model"`
			Texts  []string    `json:"texts"`
			Cosine [][]float64 `json:"cosine"`
		}{enc.Identity().Model, texts, rows})
	case c.asCSV:
		records := [][]string{append([]string{""}, texts...)}
		for i, row := range rows {
			record := []string{texts[i]}
			for _, x := range row {
				record = append(record, decimal(x))
			}
			records = append(records, record)
		}
		return writeCSV(c.con.out, records)
	}
	return c.printMatrix(texts, rows)
}

// printMatrix prints one row a text, with the numbers that stand above the columns.
func (c *comparison) printMatrix(texts []string, rows [][]float64) error {
	const cell = 7
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", 5))
	for i := range texts {
		fmt.Fprintf(&b, "%*d", cell, i+1)
	}
	b.WriteByte('\n')
	for i, row := range rows {
		fmt.Fprintf(&b, "%5d", i+1)
		for _, x := range row {
			fmt.Fprintf(&b, "%*.3f", cell, x)
		}
		fmt.Fprintf(&b, "  %s\n", cut(clean(texts[i]), 60))
	}
	_, err := io.WriteString(c.con.out, b.String())
	return err
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

func writeCSV(w io.Writer, records [][]string) error {
	if err := csv.NewWriter(w).WriteAll(records); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// heatMap draws a matrix of cosines, row by row from the top: white for 0 and below, the darker the nearer to 1. The
// scale stands on the right.
func heatMap(rows [][]float64) image.Image {
	const side, scale = 800, 24
	cell := max(side/len(rows), 1)
	n := cell * len(rows)
	m := image.NewRGBA(image.Rect(0, 0, n+2*scale, n))
	for y := range n {
		for x := range n {
			m.Set(x, y, shade(rows[y/cell][x/cell]))
		}
		for x := range scale {
			m.Set(n+x, y, color.White)
			m.Set(n+scale+x, y, shade(1-float64(y)/float64(n)))
		}
	}
	return m
}

// shade is the colour of a cosine: white, then blue, then almost black.
func shade(x float64) color.RGBA {
	x = math.Max(0, math.Min(1, x))
	stops := [...][3]float64{{255, 255, 255}, {66, 135, 200}, {8, 20, 60}}
	at := x * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	mix := func(k int) uint8 {
		return uint8(math.Round(stops[i][k] + (at-float64(i))*(stops[i+1][k]-stops[i][k])))
	}
	return color.RGBA{mix(0), mix(1), mix(2), 255}
}

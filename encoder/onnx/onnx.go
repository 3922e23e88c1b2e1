// Package onnx runs transformers through ONNX Runtime, whose shared library is loaded when a model is opened.
package onnx

import "fmt"

// Config names the files of a model and how it is run.
type Config struct {
	Library   string // shared library of ONNX Runtime, version 1.24 or newer
	Model     string // ONNX file with the inputs input_ids, attention_mask and token_type_ids
	Tokenizer string // tokenizer.json
	Output    string // name of the output with one state per token, such as "last_hidden_state"
	MaxTokens int    // tokens read of a text, its start and end included
	Threads   int    // threads of one run
}

func (c Config) check() error {
	switch {
	case c.Library == "" || c.Model == "" || c.Tokenizer == "" || c.Output == "":
		return fmt.Errorf("library %q, model %q, tokenizer %q, output %q: want all of them", c.Library, c.Model, c.Tokenizer, c.Output)
	case c.MaxTokens < 2:
		return fmt.Errorf("%d tokens, want at least 2", c.MaxTokens)
	case c.Threads < 1:
		return fmt.Errorf("%d threads, want at least 1", c.Threads)
	}
	return nil
}

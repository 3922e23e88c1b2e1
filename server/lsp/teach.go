package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"lsp/encoder/onnx"
	"lsp/encoder/train"
)

// defaultTeacher is the model whose vectors the one inside the program was trained with.
const defaultTeacher = "all-minilm-l6-v2"

// teaching holds the options of lsp train teach.
type teaching struct {
	*globals
	records, teacher string
	functions        bool
}

func newTeach(g *globals) *cobra.Command {
	t := teaching{globals: g}
	cmd := &cobra.Command{
		Use:   "teach --records DIR --teacher FILE",
		Short: "Let a transformer read the texts that training needs",
		Long: `Let a transformer, the teacher, read the words and questions of mined functions and
write its vectors into a file for lsp train fit. The transformer must be installed
(lsp model); --encoder names another one than ` + defaultTeacher + `. A run that was
interrupted goes on where it stopped, and a text is never read twice.`,
		Example: "  lsp model install onnxruntime all-minilm-l6-v2\n  lsp train teach --records mined --teacher teacher.bin",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return t.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&t.records, "records", "", "folder of mined records")
	flags.StringVar(&t.teacher, "teacher", "", "file of the teacher's vectors")
	flags.BoolVar(&t.functions, "functions", false, "read the text of functions too, which takes much longer")
	require(cmd, "records", "teacher")
	return cmd
}

func (t *teaching) run(ctx context.Context) (err error) {
	name := t.encoderName
	if name == "" {
		name = defaultTeacher
	}
	if name == staticModel {
		return errors.New("the model inside the program cannot teach; name an installed transformer with --encoder")
	}
	texts, err := train.TeacherTexts(t.records, train.DefaultFit().Vocabulary, t.functions)
	if err != nil {
		return err
	}
	model, err := onnx.OpenInstalled(name, onnx.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	if model.Dimensions() != train.TeacherDimensions {
		return fmt.Errorf("%s has %d dimensions; a teacher needs %d", name, model.Dimensions(), train.TeacherDimensions)
	}
	teacher, err := train.OpenTeacher(t.teacher)
	if err != nil {
		return err
	}
	progress, before := newBar(t.con), teacher.Len()
	defer progress.clear()
	err = teacher.Fill(ctx, texts, model.Embed, func(done, total int) { progress.show("reading", done, total) })
	progress.clear()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.con.out, "%s: vectors of %s texts, %s of them new\n", t.teacher, thousands(teacher.Len()), thousands(teacher.Len()-before))
	return err
}

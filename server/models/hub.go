package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"lsp/encoder/onnx"
)

// DefaultHub is the model hub that models come from when no other source is named.
const DefaultHub = "https://huggingface.co"

// Times after which a download is given up; what it has got is kept.
const (
	answerTimeout = 30 * time.Second // for the beginning of an answer
	stallTimeout  = time.Minute      // between two pieces of it
)

const adviceHub = "behind a proxy, set HTTPS_PROXY; without the net, fetch the files elsewhere and give --from"

// hub downloads from the model hub at the pinned revision.
type hub struct {
	client *http.Client
	base   string // address of the revision

	repository string // for people
}

func newHub(in *Installer, spec onnx.Spec) *hub {
	address := in.Hub
	if address == "" {
		address = DefaultHub
	}
	client := in.Client
	if client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = answerTimeout
		client = &http.Client{Transport: transport}
	}
	repository := strings.TrimSuffix(address, "/") + "/" + escaped(spec.Repository)
	return &hub{client: client, base: repository + "/resolve/" + url.PathEscape(spec.Revision), repository: repository}
}

// escaped makes a path with slashes safe for an address.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// Close implements [source].
func (h *hub) Close() error {
	h.client.CloseIdleConnections()
	return nil
}

// pin implements [source]: what nobody has pinned is not taken from the net.
func (h *hub) pin(f *onnx.File) error {
	if f.SHA256 == "" || f.Bytes <= 0 {
		return fmt.Errorf("%s: the specification names no size and checksum, which a download needs; fetch its files from %s and give --from with their folder", f.Path, h.repository)
	}
	return nil
}

// copies implements [source]: what was downloaded is kept until the checked copy of it is in place.
func (h *hub) copies() int64 { return 2 }

// fetch implements [source]. The download goes to a file beside the final one and goes on where an earlier one
// stopped.
func (h *hub) fetch(ctx context.Context, f onnx.File, path string, put func(io.Reader) error, count func(n int64)) error {
	part := path + ".part"
	err := h.download(ctx, h.base+"/"+escaped(f.Path), part, f.Bytes, count)
	if err != nil {
		return err
	}
	file, err := os.Open(part)
	if err != nil {
		return err
	}
	err = errors.Join(put(file), file.Close())
	if err == nil || errors.Is(err, ErrMismatch) {
		err = errors.Join(err, os.Remove(part))
	}
	return err
}

// download appends to part until it has size bytes.
func (h *hub) download(ctx context.Context, address, part string, size int64, count func(n int64)) (err error) {
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have > size {
		have = 0
	}
	if have == size {
		count(size)
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body, start, err := h.request(ctx, address, have, size)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := errors.Join(file.Truncate(start), seek(file, start)); err != nil {
		return err
	}
	count(start)
	stall := time.AfterFunc(stallTimeout, func() { cancel(fmt.Errorf("nothing came for %s", stallTimeout)) })
	defer stall.Stop()
	alive := readerFunc(func(p []byte) (int, error) {
		n, err := body.Read(p)
		stall.Reset(stallTimeout)
		count(int64(n))
		return n, err
	})
	n, err := io.Copy(file, io.LimitReader(alive, size-start+1))
	switch {
	case err != nil && ctx.Err() != nil:
		err = context.Cause(ctx)
		fallthrough
	case err != nil:
		return fmt.Errorf("download %s: %w; %d of %d bytes are kept, install again to go on", address, err, start+n, size)
	case start+n < size:
		return fmt.Errorf("download %s: it ended after %d of %d bytes, which are kept; install again to go on", address, start+n, size)
	}
	return nil
}

func seek(file *os.File, offset int64) error {
	_, err := file.Seek(offset, io.SeekStart)
	return err
}

// request asks for the bytes from have on and returns them with the offset of the first, which is 0 when the server
// sends everything.
func (h *hub) request(ctx context.Context, address string, have, size int64) (io.ReadCloser, int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := h.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		return nil, 0, fmt.Errorf("%w; %s", err, adviceHub)
	}
	switch {
	case response.StatusCode == http.StatusPartialContent:
		if want := fmt.Sprintf("bytes %d-%d/%d", have, size-1, size); response.Header.Get("Content-Range") == want {
			return response.Body, have, nil
		}
		err = fmt.Errorf("%w: range %.60q of it, want %d to %d of %d", ErrMismatch, response.Header.Get("Content-Range"), have, size-1, size)
	case response.StatusCode != http.StatusOK:
		err = fmt.Errorf("the answer is %s; %s", response.Status, adviceHub)
	case response.ContentLength >= 0 && response.ContentLength != size:
		err = fmt.Errorf("%w: %d bytes, want %d (does a proxy answer in its place?)", ErrMismatch, response.ContentLength, size)
	default:
		return response.Body, 0, nil
	}
	return nil, 0, errors.Join(fmt.Errorf("download %s: %w", address, err), response.Body.Close())
}

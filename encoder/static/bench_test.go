package static

import (
	"context"
	"strings"
	"testing"

	"lsp/encoder"
)

// hundredTokens is a function of about a hundred tokens, as an indexer hands it over.
var hundredTokens = encoder.Unit{
	Owner: "Uploader", Name: "uploadWithRetry",
	Signature:     "func (u *Uploader) uploadWithRetry(ctx context.Context, name string, part []byte) error",
	Documentation: "uploadWithRetry sends one part and tries again with growing pauses while the server is busy.",
	Body: `func (u *Uploader) uploadWithRetry(ctx context.Context, name string, part []byte) error {
	pause := u.firstPause
	for attempt := 1; ; attempt++ {
		status, err := u.client.PutPart(ctx, name, part)
		if err == nil && status != http.StatusServiceUnavailable {
			return nil
		}
		if attempt == u.maxAttempts {
			return fmt.Errorf("upload %s: gave up after %d attempts: %w", name, attempt, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			pause = min(2*pause, u.maxPause)
		}
	}
}`,
}

func defaultModel(t testing.TB) *Model {
	t.Helper()
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func BenchmarkEncodeUnit(b *testing.B) {
	m := defaultModel(b)
	units := []encoder.Unit{hundredTokens}
	dst := make([]float32, m.Dimensions())
	b.ReportAllocs()
	for b.Loop() {
		if err := m.EncodeUnits(context.Background(), units, dst); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeQuery(b *testing.B) {
	m := defaultModel(b)
	dst := make([]float32, m.Dimensions())
	b.ReportAllocs()
	for b.Loop() {
		if err := m.EncodeQuery(context.Background(), "retry an upload with exponential backoff when the server is busy", dst); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.SetBytes(int64(len(embedded)))
	for b.Loop() {
		if _, err := Load(embedded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	text := strings.Repeat(hundredTokens.Body, 10)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		n := 0
		Words(text, func([]byte) { n++ })
	}
}

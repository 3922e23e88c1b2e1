package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/metrics"
	"time"

	"lsp/server/engine"
)

// news is what a page is told whenever it has changed.
type news struct {
	engine.Status
	Version string `json:"version"`
	Memory  uint64 `json:"memory"` // bytes that the program holds, mapped files not counted, in whole megabytes
	Map     struct {
		Done  int `json:"done"`
		Total int `json:"total"` // 0 when no map is being made
	} `json:"map"`
}

// events sends news as server-sent events until the client leaves or the server ends.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.send(w, http.StatusServiceUnavailable, failure{"too many pages are open"})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	ticker := time.NewTicker(s.news)
	defer ticker.Stop()
	var last []byte
	for {
		now, err := json.Marshal(s.look())
		if err != nil {
			s.log.Error("page", "error", fmt.Errorf("encode the status: %w", err))
			return
		}
		if !bytes.Equal(now, last) {
			last = now
			_ = control.SetWriteDeadline(time.Now().Add(readTimeout)) // recorders of tests have none
			if _, err := fmt.Fprintf(w, "event: status\ndata: %s\n\n", now); err != nil || control.Flush() != nil {
				return
			}
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		case <-s.ended:
			return
		}
	}
}

// look returns the news of this moment.
func (s *Server) look() news {
	n := news{Status: s.engine.Status(), Version: s.version, Memory: memory() &^ (1<<20 - 1)}
	n.Map.Done, n.Map.Total = s.engine.MapProgress()
	return n
}

// memory is how many bytes the Go runtime holds and has not given back.
func memory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

package page

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// policy lets the page load what this server gives it and nothing else: no text of a script or style in the page
// itself, nothing from elsewhere, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard lets a request through that names this machine, does not come from another page, and has the token.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !s.named(r.Host):
			// A name of somebody else that leads here would make his page one of ours to the browser.
			http.Error(w, "this server answers to its own address only", http.StatusMisdirectedRequest)
		case foreign(r):
			http.Error(w, "requests of other pages are refused", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "the page is only read", http.StatusMethodNotAllowed)
		case s.entering(r):
			http.SetCookie(w, &http.Cookie{
				Name: s.cookie(), Value: s.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
			// The token must not stay in the address bar.
			http.Redirect(w, r, "/", http.StatusSeeOther)
		case !s.known(r):
			http.Error(w, "open the address that the program has printed; it ends in the token of this run", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// named reports whether the host of a request is that of the listener, or localhost. The port may be another: editors
// forward it from a remote machine to one that is free on the person's own.
func (s *Server) named(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	own, _, err := net.SplitHostPort(s.address)
	return err == nil && (name == own || strings.EqualFold(name, "localhost"))
}

// foreign reports whether a request was made by a page of somebody else. Browsers say so, and programs that are not
// browsers need the token anyway.
func foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	// A link of another page may be followed, but then the cookie is not sent, and a token is only in our own link.
	return r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// entering reports whether a request is the one that the printed address makes.
func (s *Server) entering(r *http.Request) bool {
	return r.URL.Path == "/" && s.matches(r.URL.Query().Get("token"))
}

// known reports whether a browser was let in before.
func (s *Server) known(r *http.Request) bool {
	c, err := r.Cookie(s.cookie())
	return err == nil && s.matches(c.Value)
}

func (s *Server) matches(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
}

// cookie is a name of its own for every port: browsers keep one set of cookies for all ports of a machine.
func (s *Server) cookie() string {
	_, port, _ := net.SplitHostPort(s.address)
	return "semantic-" + port
}

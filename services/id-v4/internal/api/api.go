// Package api is the HTTP interface of the service.
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// MaxBodyBytes is how much of a body is read. The body is not used, but some clients read the response only after they
// have sent it.
const MaxBodyBytes = 100_000

// New returns the handler of the service. serverName is the value of X-Server, which names the instance.
func New(serverName string) http.Handler {
	router := chi.NewRouter()
	router.Use(identify(serverName))
	router.Get("/health", health)
	router.Head("/health", health)
	router.Post("/generate", generate)
	router.NotFound(notFound)
	router.MethodNotAllowed(methodNotAllowed(router))
	return router
}

// identify sets the header fields of every response, also for unknown paths.
func identify(serverName string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Server", serverName)
			w.Header().Set("Content-Type", "application/json")
			next.ServeHTTP(w, r)
		})
	}
}

type message struct {
	Message string `json:"message"`
}

func health(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

func generate(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, MaxBodyBytes)); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			send(w, http.StatusRequestEntityTooLarge, message{fmt.Sprintf("The body is over %d bytes", MaxBodyBytes)})
			return
		}
		send(w, http.StatusBadRequest, message{"The body could not be read"})
		return
	}
	id, err := uuid.NewRandom()
	if err != nil {
		send(w, http.StatusInternalServerError, message{"There is no randomness to make an ID of"})
		return
	}
	send(w, http.StatusOK, struct {
		Status int    `json:"status"`
		ID     string `json:"id"`
	}{1, id.String()})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	send(w, http.StatusNotFound, message{fmt.Sprintf("There is no %s %s here", r.Method, r.URL.Path)})
}

// methodNotAllowed responds with the allowed methods, as RFC 9110 §15.5.6 requires.
func methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		send(w, http.StatusMethodNotAllowed, message{fmt.Sprintf("%s takes only %s", r.URL.Path, strings.Join(allowed, ", "))})
	}
}

func send(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone needs no answer
}

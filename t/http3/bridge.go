// What a visitor of the tests says over HTTP/1.1, said over HTTP/3, each request
// on a connection of its own:
//
//	bridge LISTEN TARGET
//
// are addresses, as in 127.0.0.1:8080. Certificates are not checked. Where nginx
// gives no answer, there is none here. It ends with its standard input.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"

	"github.com/lucas-clemente/quic-go/http3"
)

const kept = "X-Bridge-Forwarded-For"

// A connection for each request: a worker may be another one by then.
type once struct {
	target string
}

func (o once) RoundTrip(r *http.Request) (*http.Response, error) {
	t := &http3.RoundTripper{
		DisableCompression: true,
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"},
	}

	r.Header["X-Forwarded-For"] = r.Header[kept]
	delete(r.Header, kept)

	response, err := t.RoundTrip(r)
	if err != nil {
		t.Close()
		return nil, err
	}

	response.Body = &closer{response.Body, t}
	return response, nil
}

type closer struct {
	io.ReadCloser
	t *http3.RoundTripper
}

func (c *closer) Close() error {
	err := c.ReadCloser.Close()
	c.t.Close()
	return err
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("use: bridge LISTEN TARGET")
	}

	target := os.Args[2]

	proxy := &httputil.ReverseProxy{
		Director: func(r *http.Request) {
			r.URL.Scheme = "https"
			r.URL.Host = target

			// nothing is added to it
			r.Header[kept] = r.Header["X-Forwarded-For"]
			r.Header["X-Forwarded-For"] = nil
			if _, ok := r.Header["User-Agent"]; !ok {
				r.Header["User-Agent"] = nil
			}
		},
		Transport:     once{target},
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			panic(http.ErrAbortHandler)
		},
	}

	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}

	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()

	fmt.Println("ready")

	server := &http.Server{Handler: proxy, ErrorLog: log.New(io.Discard, "", 0)}
	log.Fatal(server.Serve(listener))
}

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
)

// URL and proxy: prints what the server answers. Go asks no proxy for localhost, unless it is told to.
func main() {
	proxy, err := url.Parse(os.Args[2])
	if err != nil {
		panic(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyURL(proxy)
	answer, err := (&http.Client{Transport: transport}).Get(os.Args[1])
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	fmt.Print(string(body))
}

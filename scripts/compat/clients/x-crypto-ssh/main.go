// x/crypto/ssh. Everything comes from SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY and SSH_HOST_KEY.
package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

var client *ssh.Client

func dial(config ssh.Config) (*ssh.Client, error) {
	pem, err := os.ReadFile(os.Getenv("SSH_KEY"))
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, err
	}
	host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(os.Getenv("SSH_HOST_KEY")))
	if err != nil {
		return nil, err
	}
	return ssh.Dial("tcp", os.Getenv("SSH_HOST")+":"+os.Getenv("SSH_PORT"), &ssh.ClientConfig{
		Config:            config,
		User:              os.Getenv("SSH_USER"),
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback:   ssh.FixedHostKey(host),
		HostKeyAlgorithms: []string{host.Type()},
		Timeout:           30 * time.Second,
	})
}

func connect() (err error) {
	client, err = dial(ssh.Config{})
	return err
}

func want(ok bool, what ...any) error {
	if ok {
		return nil
	}
	return errors.New(strings.TrimSpace(fmt.Sprintln(what...)))
}

func output() error {
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	var out, stderr bytes.Buffer
	session.Stdout, session.Stderr = &out, &stderr
	err = session.Run("echo out; echo err >&2; exit 7")
	var exit *ssh.ExitError
	return want(errors.As(err, &exit) && exit.ExitStatus() == 7 && out.String() == "out\n" && stderr.String() == "err\n", err, out.String())
}

func pass(through *ssh.Client) error {
	sent := make([]byte, 20_000_000)
	_, _ = rand.Read(sent)
	session, err := through.NewSession()
	if err != nil {
		return err
	}
	session.Stdin = bytes.NewReader(sent)
	got, err := session.Output("cat")
	if err != nil {
		return err
	}
	return want(bytes.Equal(got, sent), len(got), "bytes came back")
}

func big() error { return pass(client) }

func rekey() error {
	own, err := dial(ssh.Config{RekeyThreshold: 1 << 20})
	if err != nil {
		return err
	}
	defer own.Close()
	return pass(own)
}

func signal() error {
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	out, _ := session.StdoutPipe()
	if err := session.Start("echo ready; exec sleep 5"); err != nil {
		return err
	}
	_, _ = io.ReadFull(out, make([]byte, 6))
	// Neither ends the connection; what the program gets is the server's business.
	_ = session.Signal("NOSUCH")
	_ = session.Signal(ssh.SIGTERM)
	_ = session.Close()
	return output()
}

func terminal() error {
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	in, _ := session.StdinPipe()
	out, _ := session.StdoutPipe()
	if err := session.RequestPty("xterm", 24, 80, ssh.TerminalModes{ssh.ECHO: 0}); err != nil {
		return err
	}
	if err := session.Start("stty size; read -r line; stty size"); err != nil {
		return err
	}
	_, _ = io.ReadFull(out, make([]byte, 7))
	if err := session.WindowChange(43, 132); err != nil {
		return err
	}
	_, _ = in.Write([]byte("\n"))
	rest, _ := io.ReadAll(out)
	return want(strings.Contains(string(rest), "43 132"), string(rest))
}

func tunnel() error {
	connection, err := client.Dial("tcp", "127.0.0.1:"+os.Getenv("FAR_PORT"))
	if err != nil {
		return err
	}
	defer connection.Close()
	greeting := make([]byte, 4)
	_, err = io.ReadFull(connection, greeting)
	return want(err == nil && string(greeting) == "SSH-", err)
}

func closed() error {
	_, err := client.Dial("tcp", "127.0.0.1:1")
	var refused *ssh.OpenChannelError
	return want(errors.As(err, &refused), err)
}

func listening() error {
	listener, err := client.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return listener.Close()
}

func main() {
	status := 0
	for _, check := range []struct {
		name string
		run  func() error
	}{{"connect", connect}, {"output", output}, {"big", big}, {"rekey", rekey}, {"signal", signal}, {"terminal", terminal},
		{"tunnel", tunnel}, {"closed", closed}, {"listening", listening}} {
		if err := check.run(); err != nil {
			fmt.Printf("failed %s: %.300s\n", check.name, strings.ReplaceAll(err.Error(), "\n", " "))
			status = 1
			continue
		}
		fmt.Println("ok", check.name)
	}
	os.Exit(status)
}

"""paramiko. Everything comes from SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY and SSH_HOSTS."""

import hashlib
import os
import tempfile
import threading

import paramiko
from checks import leave, report

client = paramiko.SSHClient()
client.load_host_keys(os.environ["SSH_HOSTS"])
BIG = os.urandom(20_000_000)


def run(command, data=b""):
    stdin, stdout, stderr = client.exec_command(command)
    writer = threading.Thread(target=lambda: (stdin.write(data), stdin.channel.shutdown_write()))
    writer.start()
    out, err = stdout.read(), stderr.read()
    writer.join()
    return out, err, stdout.channel.recv_exit_status()


def connect():
    client.connect(
        os.environ["SSH_HOST"], int(os.environ["SSH_PORT"]), os.environ["SSH_USER"], key_filename=os.environ["SSH_KEY"],
        look_for_keys=False, allow_agent=False,
    )


def output():
    assert run("echo out; echo err >&2; exit 7") == (b"out\n", b"err\n", 7)


def big():
    out, _, status = run("cat", BIG)
    assert status == 0 and hashlib.sha256(out).digest() == hashlib.sha256(BIG).digest()


def shell():
    channel = client.invoke_shell(width=91, height=17)
    channel.sendall(b"stty size; exit 4\n")
    seen = b""
    while chunk := channel.recv(4096):
        seen += chunk
    assert b"17 91" in seen, seen
    assert channel.recv_exit_status() == 4


def files():
    with tempfile.TemporaryDirectory() as folder, client.open_sftp() as sftp:
        with sftp.open(f"{folder}/a", "wb") as file:
            file.set_pipelined(True)
            file.write(BIG)
        sftp.posix_rename(f"{folder}/a", f"{folder}/b")
        with sftp.open(f"{folder}/b", "rb") as file:
            file.prefetch()
            assert file.read() == BIG
        assert sftp.listdir(folder) == ["b"]
        assert sftp.stat(f"{folder}/b").st_size == len(BIG)
        sftp.remove(f"{folder}/b")


def rekey():
    # Above the channel's window: what is under way when keys change would else reach the limit again, and paramiko 5.1 then
    # waits for itself ("Key-exchange timed out"), in front of OpenSSH's own server too.
    client.get_transport().packetizer.REKEY_BYTES = 8 << 20
    big()


def tunnel():
    channel = client.get_transport().open_channel("direct-tcpip", ("127.0.0.1", int(os.environ["FAR_PORT"])), ("127.0.0.1", 1))
    assert channel.recv(4) == b"SSH-"
    channel.close()


def many():
    threads = [threading.Thread(target=lambda: found.append(run("echo x"))) for _ in range(8)]
    found = []
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(b"x\n", b"", 0)] * 8, found


leave([report(check.__name__, check) for check in (connect, output, big, shell, files, rekey, tunnel, many)])

"""asyncssh. Everything comes from SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY and SSH_HOSTS."""

import asyncio
import os
import tempfile

import asyncssh
from checks import leave, report

BIG = os.urandom(20_000_000)
loop = asyncio.new_event_loop()


def wait(awaitable):
    return loop.run_until_complete(asyncio.wait_for(awaitable, 60))


async def open_connection(**options):
    return await asyncssh.connect(
        os.environ["SSH_HOST"], int(os.environ["SSH_PORT"]), username=os.environ["SSH_USER"], client_keys=[os.environ["SSH_KEY"]],
        known_hosts=os.environ["SSH_HOSTS"], agent_path=None, config=None, **options,
    )


connection = wait(open_connection())


def output():
    result = wait(connection.run("echo out; echo err >&2; exit 7"))
    assert (result.stdout, result.stderr, result.exit_status) == ("out\n", "err\n", 7)


def signal():
    async def interrupted():
        process = await connection.create_process("echo ready; exec sleep 5")
        await process.stdout.readline()
        process.send_signal("INFO")  # which nobody knows
        process.close()
        return (await connection.run("echo on")).stdout

    assert wait(interrupted()) == "on\n"


def big():
    assert wait(connection.run("cat", input=BIG, encoding=None)).stdout == BIG


def rekey():
    async def run():
        async with await open_connection(rekey_bytes=1 << 20) as own:
            return (await own.run("cat", input=BIG, encoding=None)).stdout

    assert wait(run()) == BIG


def compression():
    async def run():
        async with await open_connection(compression_algs=["zlib@openssh.com"]) as own:
            return (await own.run("cat", input=BIG[:2_000_000], encoding=None)).stdout

    assert wait(run()) == BIG[:2_000_000]


def ciphers():
    async def run(cipher):
        async with await open_connection(encryption_algs=[cipher]) as own:
            return (await own.run("cat", input=b"x" * 100_000, encoding=None)).stdout

    for cipher in ("chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes128-ctr"):
        assert wait(run(cipher)) == b"x" * 100_000, cipher


def terminal():
    async def run():
        process = await connection.create_process("stty size; read -r line; stty size", term_type="xterm", term_size=(80, 24))
        first = await process.stdout.readline()
        process.change_terminal_size(132, 43)
        process.stdin.write("\n")
        return first, (await process.wait()).stdout

    first, rest = wait(run())
    assert "24 80" in first and "43 132" in rest, (first, rest)


def half():
    async def run():
        reader, writer = await connection.open_connection("127.0.0.1", int(os.environ["FAR_PORT"]))
        greeting = await reader.readline()
        writer.write_eof()
        await reader.read()
        return greeting

    assert wait(run()).startswith(b"SSH-2.0-")


def listening():
    async def run():
        async def answer(reader, writer):
            writer.write((await reader.read()).upper())
            writer.close()

        server = await connection.start_server(lambda *_: answer, "127.0.0.1", 0, encoding="utf-8")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.get_port())
        writer.write(b"through")
        writer.write_eof()
        said = await reader.read()
        server.close()
        return said

    assert wait(run()) == b"THROUGH"


def files():
    async def run(folder):
        async with connection.start_sftp_client() as sftp:
            os.mkdir(f"{folder}/up")
            for i in range(100):
                with open(f"{folder}/up/{i}", "w") as file:
                    file.write(str(i))
            await sftp.put(f"{folder}/up", f"{folder}/there", recurse=True)
            await sftp.get(f"{folder}/there", f"{folder}/down", recurse=True)
            await sftp.rename(f"{folder}/there/1", f"{folder}/there/x")
            return sorted(os.listdir(f"{folder}/down"))

    with tempfile.TemporaryDirectory() as folder:
        assert wait(run(folder)) == sorted(map(str, range(100)))


CHECKS = (output, signal, big, rekey, compression, ciphers, terminal, half, listening, files)
leave([report(check.__name__, check) for check in CHECKS])

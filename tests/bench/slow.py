"""Clients that are slow on purpose, held open until stdin ends: `header`, `body` and `reader` dripping a byte a second,
or `idle` after one request each. Says `held` once all of them are.     usage: slow.py KIND COUNT PORT [TARGET]"""
import asyncio, socket, sys

kind, count, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
target = sys.argv[4] if len(sys.argv) > 4 else "/healthz"
open_now = asyncio.Semaphore(100)
lost = 0


async def connect():
    plain = socket.socket()
    if kind == "reader":
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
    return plain


async def begin(plain):
    loop = asyncio.get_running_loop()
    get = f"GET {target} HTTP/1.1\r\nHost: x\r\n"
    if kind == "header":
        await loop.sock_sendall(plain, get.encode() + b"A: ")
    elif kind == "body":
        await loop.sock_sendall(plain, b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                       b"Content-Length: 100000\r\n\r\n")
    else:
        await loop.sock_sendall(plain, get.encode() + b"\r\n")
        await loop.sock_recv(plain, 1 if kind == "reader" else 65536)


async def drip(plain):
    loop = asyncio.get_running_loop()
    if kind in ("header", "body"):
        await loop.sock_sendall(plain, b"a")
        return True
    return bool(await loop.sock_recv(plain, 1))


async def hold(begun):
    global lost
    async with open_now:
        plain = await connect()
        await begin(plain)
    begun.release()
    if kind == "idle":
        return plain
    try:
        while await drip(plain):
            await asyncio.sleep(1)
    except OSError:
        pass
    lost += 1


async def main():
    begun = asyncio.Semaphore(0)
    held = [asyncio.create_task(hold(begun)) for _ in range(count)]
    for _ in range(count):
        await begun.acquire()
    print("held", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print("lost", lost, flush=True)
    for task in held:
        task.cancel()


asyncio.run(main())

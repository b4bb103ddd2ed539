"""A TCP relay on loopback that cuts, stalls or slows what a server sends to its client, or a client to its server."""

import socket
import threading
import time


class Relay:
    """After `cut_after` octets from the server (or, with `of_client`, from the client) both connections end.

    With `stall` they stay open and silent instead. `pause` seconds pass before each octet, `passed` counts them.
    """

    def __init__(self, target, cut_after=None, of_client=False, stall=False, pause=0.0, port=0):
        self._target = target
        self._cut_after = cut_after
        self._of_client = of_client
        self._stall = stall
        self._pause = pause
        self.passed = 0
        self._over = threading.Event()
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target), timeout=30)
            except OSError:
                return
            self._open += [client, server]
            for source, sink, counted in ((server, client, not self._of_client), (client, server, self._of_client)):
                source.settimeout(60)
                threading.Thread(target=self._pump, args=(source, sink, counted), daemon=True).start()

    def _pump(self, source, sink, counted):
        try:
            while octets := source.recv(1 if counted and self._pause else 65536):
                if counted and self._pause:
                    time.sleep(self._pause)
                if counted and self._cut_after is not None:
                    octets = octets[:self._cut_after - self.passed]
                if octets:
                    sink.sendall(octets)
                if counted:
                    self.passed += len(octets)
                    if self._cut_after is not None and self.passed >= self._cut_after:
                        break
            if counted and self._stall:
                self._over.wait(60)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._over.set()
        # Wakes accept().
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for end in self._open:
            # While a thread reads from it close() alone would end nothing.
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

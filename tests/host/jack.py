"""JACK for tests: a dummy server of its own name, and a client that records bits, both through what jackd2 installs."""
import ctypes
import ctypes.util
import os
import shutil
import subprocess


def missing():
    """Why there is no JACK here; None where there is."""
    if not shutil.which("jackd"):
        return "jackd is not installed"
    return None if ctypes.util.find_library("jack") else "libjack is not installed"


class Server:
    """A jackd with the dummy driver, paced like a sound card; ended by its process."""

    def __init__(self, name, rate=48000, period=256):
        self.name = name
        self.environment = {"JACK_DEFAULT_SERVER": name, "JACK_NO_AUDIO_RESERVATION": "1"}
        self.process = subprocess.Popen(["jackd", "-r", "-n", name, "-d", "dummy", "-r", str(rate), "-p", str(period)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self):
        """Until it takes clients."""
        while self.process.poll() is None:
            if subprocess.run(["jack_wait", "-w", "-t", "1", "-s", self.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, **self.environment}).returncode == 0:
                return self
        raise RuntimeError("jackd did not start")

    def end(self):
        """Asked to: a server that is killed leaves its name in a table of eight for good."""
        self.process.terminate()
        self.process.wait()


class Client:
    """Records its input ports once they are connected, and counts the server's xruns."""

    def __init__(self, server, channels=2):
        jack = self.jack = ctypes.CDLL(ctypes.util.find_library("jack"))
        jack.jack_client_open.restype = ctypes.c_void_p
        jack.jack_port_register.restype = ctypes.c_void_p
        jack.jack_port_get_buffer.restype = ctypes.c_void_p
        jack.jack_port_name.restype = ctypes.c_char_p
        jack.jack_port_by_name.restype = ctypes.c_void_p
        quiet = self.quiet = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(lambda text: None)
        jack.jack_set_error_function(quiet)
        jack.jack_set_info_function(quiet)
        no_start, by_name = 1, 4
        self.client = ctypes.c_void_p(jack.jack_client_open(b"test", no_start | by_name, None, server.name.encode()))
        if not self.client.value:
            raise RuntimeError("no client")
        audio, is_input = b"32 bit float mono audio", ctypes.c_ulong(1)
        self.ports = [ctypes.c_void_p(jack.jack_port_register(self.client, b"in_%d" % c, audio, is_input, ctypes.c_ulong(0)))
                      for c in range(channels)]
        self.blocks, self.xruns, self.recording = [[] for _ in self.ports], 0, False
        self._process = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)(self.process)
        self._xrun = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self.xrun)
        jack.jack_set_process_callback(self.client, self._process, None)
        jack.jack_set_xrun_callback(self.client, self._xrun, None)
        jack.jack_activate(self.client)

    def process(self, frames, _):
        if self.recording:
            for port, blocks in zip(self.ports, self.blocks):
                blocks.append(ctypes.string_at(self.jack.jack_port_get_buffer(port, frames), 4 * frames))
        return 0

    def xrun(self, _):
        self.xruns += 1
        return 0

    def connect(self, *sources):
        """True once every source is connected to its input."""
        done = [self.jack.jack_connect(self.client, source.encode(), self.jack.jack_port_name(port))
                for source, port in zip(sources, self.ports)]
        exists = 17
        return all(code in (0, exists) for code in done)

    def freewheel(self, on):
        self.jack.jack_set_freewheel(self.client, int(on))

    def frames(self):
        return sum(map(len, self.blocks[-1])) // 4

    def recorded(self, channel):
        return b"".join(self.blocks[channel])

    def close(self):
        self.jack.jack_client_close(self.client)

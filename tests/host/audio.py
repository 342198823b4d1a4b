"""Small WAV files for tests, written and read by hand: every byte is known."""
import array
import math
import struct


def tone(frames, frequency=440.0, rate=48000, level=0.5):
    return [level * math.sin(2 * math.pi * frequency * i / rate) for i in range(frames)]


def wav_bytes(channels, rate=48000, bits="32f"):
    """A WAV file of planar channels with values -1 … 1; bits: "16", "24" or "32f"."""
    count, frames = len(channels), len(channels[0]) if channels else 0
    samples = [channels[c][i] for i in range(frames) for c in range(count)]
    if bits == "32f":
        data = array.array("f", samples).tobytes()
    else:
        width = int(bits)
        scale = 2 ** (width - 1)
        whole = [max(-scale, min(scale - 1, round(x * scale))) for x in samples]
        data = b"".join(struct.pack("<i", x)[: width // 8] if width == 24 else struct.pack("<h", x) for x in whole)
    size = {"16": 2, "24": 3, "32f": 4}[bits]
    form = struct.pack("<HHIIHH", 3 if bits == "32f" else 1, count, rate, rate * count * size, count * size, size * 8)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def write_wav(path, channels, rate=48000, bits="32f"):
    with open(path, "wb") as file:
        file.write(wav_bytes(channels, rate, bits))


class Wav:
    """What a WAV file holds: rate, bits, planar channels of floats; raw sample bytes in `data`."""

    def __init__(self, content):
        if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
            raise ValueError("not a WAV file")
        at = 12
        while at + 8 <= len(content):
            name, length = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])[0]
            chunk = content[at + 8 : at + 8 + length]
            if name == b"fmt ":
                self.kind, count, self.rate, _, _, self.bits = struct.unpack("<HHIIHH", chunk[:16])
            if name == b"data":
                self.data = chunk
            at += 8 + length + length % 2
        if self.bits == 32:
            flat = list(array.array("f", self.data))
        elif self.bits == 16:
            flat = [x / 2**15 for x in array.array("h", self.data)]
        else:
            flat = [int.from_bytes(self.data[i : i + 3], "little", signed=True) / 2**23 for i in range(0, len(self.data), 3)]
        self.channels = [flat[c::count] for c in range(count)]

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            return Wav(file.read())

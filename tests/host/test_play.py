#!/usr/bin/env python3
"""Runs `sinter play` on audio servers without a sound card: edits, lost devices, recordings, and the same bits as render.

SINTER_PROGRAM names the program (default: build/bin/sinter). SINTER_TEST_SCALE makes runs longer.
"""
import array
import json
import math
import os
import pty
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import unittest

import cases
import jack
from audio import Wav, tone, write_wav

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("SINTER_PROGRAM", os.path.join(ROOT, "build", "bin", "sinter"))
SCALE = float(os.environ.get("SINTER_TEST_SCALE", "1"))
PATIENCE = 60  # seconds after which a state that does not come is a failure

SINE = {"sinter": 1, "nodes": [{"id": "tone", "type": "sine", "in": {"freq": 100}}], "outputs": {"out": "0.5 * tone"}}
ECHO = {"sinter": 1, "inputs": {"in": 2}, "params": {"mix": {"min": 0, "max": 1, "default": 0.5}},
        "nodes": [{"id": "echo", "type": "delay", "in": {"in": "in + 0.6 * damp", "time": 0.11}, "max": 1, "interpolation": "linear"},
                  {"id": "damp", "type": "lowpass", "in": {"in": "echo", "freq": "3.2kHz"}}],
        "outputs": {"out": "0.5 * (in + $mix * tanh(echo))"}}


class Play:
    """A running `sinter play --json`; its lines as they come."""

    def __init__(self, *arguments, environment=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SINTER_")}
        self.process = subprocess.Popen([PROGRAM, "play", *map(str, arguments), "--json"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**clean, **(environment or {})})
        self.lines, self.seen, self.complaint = queue.Queue(), [], ""
        self.readers = [threading.Thread(target=self.read), threading.Thread(target=self.read_errors)]
        for reader in self.readers:
            reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def read_errors(self):
        for line in self.process.stderr:
            self.complaint += line

    def next(self):
        line = self.lines.get(timeout=PATIENCE)
        if line is None:
            raise AssertionError(f"sinter play ended: {self.process.wait()}\n{self.complaint[-2000:]}\n{self.seen[-5:]}")
        self.seen.append(line)
        return line

    def wait(self, kind, when=lambda line: True):
        while True:
            line = self.next()
            if line["type"] == kind and when(line):
                return line

    def end(self, number=signal.SIGINT):
        """Its exit code and summary."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        code = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join()
        while not self.lines.empty():
            line = self.lines.get()
            if line is not None:
                self.seen.append(line)
        self.process.stdout.close()
        self.process.stderr.close()
        return code, self.seen[-1] if self.seen else {}

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.ended()


class PlayTest(unittest.TestCase):
    counter = 0

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def patch(self, content, name="patch.json"):
        """Written beside and renamed, as careful editors do."""
        with open(self.path(name + ".new"), "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        os.replace(self.path(name + ".new"), self.path(name))
        return self.path(name)

    def server(self, **options):
        reason = jack.missing()
        if reason:
            self.skipTest(reason)
        PlayTest.counter += 1
        server = jack.Server(f"sinter{os.getpid()}n{PlayTest.counter}", **options)
        self.addCleanup(server.end)
        return server.wait()

    def play(self, *arguments, environment=None):
        play = Play(*arguments, environment=environment)
        self.addCleanup(play.kill)
        return play

    def rewrite(self, play, times, seconds):
        """Edits the file until it was done so often and so long; every edit is heard or refused. Returns how many were refused."""
        refused = done = 0
        played = 0
        while done < times or played < seconds:
            done += 1
            if done % 7 == 3:
                self.patch('{ "sinter": 1, "outputs": { "out": "1 +" } }')
                play.wait("errors")
                refused += 1
            else:
                self.patch({**SINE, "nodes": [{"id": "tone", "type": "sine", "in": {"freq": 100 + done % 50}}]})
                # The first tier that is heard names the edit; a better one may follow.
                before = max((line["revision"] for line in play.seen if line["type"] == "swapped"), default=0)
                play.wait("swapped", lambda line: line["revision"] > before)
            played = max((line["seconds"] for line in play.seen if line["type"] == "status"), default=0)
        return refused


class OnJack(PlayTest):
    def test_edits_are_heard_while_it_plays_and_errors_are_told(self):
        server = self.server()
        null = jack.Client(server, 0)
        play = self.play(self.patch(SINE), environment=server.environment)
        play.wait("started")
        refused = self.rewrite(play, 50, 20 if SCALE >= 4 else 5)
        code, summary = play.end()
        with_play = null.xruns
        null.close()
        self.assertEqual(code, 0, play.complaint)
        self.assertEqual(summary["type"], "summary")
        self.assertEqual(summary["not_finite"], 0)
        self.assertEqual(summary["errors"], refused)
        self.assertIn("error[bad_expression]", play.complaint)
        self.assertEqual(summary["load_overall"]["callbacks"] > 0, True)
        waits = sorted(line["change_to_sound_seconds"] * 1e3 for line in play.seen
                       if line["type"] == "swapped" and "change_to_sound_seconds" in line)
        load = summary["load_overall"]
        print(f"\nplay: {summary['swaps']} swaps, {refused} refused in {summary['seconds']:.1f} s; change to sound p50 "
              f"{waits[len(waits) // 2]:.1f} ms, p99 {waits[len(waits) * 99 // 100]:.1f} ms; load p50 {load['p50']:.4f} p99 {load['p99']:.4f} "
              f"max {load['max']:.4f}; xruns {summary['xruns']} (server {with_play}, a null client in {summary['seconds']:.1f} s: "
              f"{self.xruns_of_a_null_client(summary['seconds'])})")

    def xruns_of_a_null_client(self, seconds):
        server = self.server()
        client = jack.Client(server, 1)
        client.recording = True
        while client.frames() < seconds * 48000:
            threading.Event().wait(0.05)
        client.close()
        return client.xruns

    def test_what_is_heard_is_what_render_writes_to_the_bit(self):
        server = self.server()
        silence, frames = 4 * 48000, int(6 * 48000 * max(1, SCALE / 4))
        left, right = tone(frames, 333), tone(frames, 1234, level=0.3)
        loop, patch = self.path("loop.wav"), self.patch(ECHO)
        write_wav(loop, [[0.0] * silence + left, [0.0] * silence + right])
        arguments = (patch, "--strict", "--set", "mix=0.8")
        play = self.play(*arguments, "--input-file", loop, environment=server.environment)
        client = jack.Client(server, 2)
        self.addCleanup(client.close)
        play.wait("started")
        while not client.connect("sinter:out_0", "sinter:out_1"):
            self.assertIsNone(play.process.poll(), play.complaint)
        client.recording = True
        client.freewheel(True)
        while client.frames() < silence + frames:
            threading.Event().wait(0.01)
        client.freewheel(False)
        code, summary = play.end()
        self.assertEqual((code, summary["not_finite"]), (0, 0), play.complaint)
        out = self.path("out.wav")
        done = subprocess.run([PROGRAM, "render", *arguments, "-i", loop, "-o", out, "--bits", "32f"], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for channel, row in enumerate(Wav.read(out).channels):
            heard = array.array("f", client.recorded(channel))
            begins = [next(i for i, x in enumerate(samples) if x != 0) for samples in (heard, row)]
            self.assertGreater(begins[0], 0, "the recording began too late")
            length = min(len(heard) - begins[0], len(row) - begins[1])
            self.assertGreater(length, frames // 2)
            a, b = heard[begins[0]:begins[0] + length], array.array("f", row[begins[1]:begins[1] + length])
            if a.tobytes() != b.tobytes():
                wrong = [i for i in range(length) if a[i] != b[i]]
                self.fail(f"channel {channel}: {len(wrong)} of {length} samples differ, the first at {wrong[:1]}, "
                          f"by at most {max((abs(a[i] - b[i]) for i in wrong), default=0)}")

    def test_a_server_that_dies_and_comes_back_plays_on_where_it_was(self):
        server = self.server()
        record = self.path("heard.wav")
        play = self.play(self.patch(SINE), "--record", record, "--bits", "32f", "--no-watch", environment=server.environment)
        play.wait("status")
        server.end()
        lost = play.wait("device_lost")
        self.assertEqual((lost["code"], lost["retry_seconds"]), ("no_device", 0.25))
        again = jack.Server(server.name)
        self.addCleanup(again.end)
        again.wait()
        play.wait("device_reopened")
        before = max(line["seconds"] for line in play.seen if line["type"] == "status")
        play.wait("status", lambda line: line["seconds"] > before + 0.5)
        code, summary = play.end()
        self.assertEqual((code, summary["reopened"]), (0, 1), play.complaint)
        row = Wav.read(record).channels[0]
        self.assertGreater(len(row), 0.5 * 48000)
        # The sine goes on in its phase: no step is larger than its own.
        own = 0.5 * 2 * math.pi * 100 / 48000
        self.assertLess(max(abs(b - a) for a, b in zip(row, row[1:])), own * 1.01)
        self.assertGreater(max(abs(x) for x in row[:4800]), 0.49)

    def test_ctrl_c_fades_out_and_finishes_the_recording(self):
        server = self.server()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            record = self.path(f"{number}.wav")
            play = self.play(self.patch(SINE), "--record", record, environment=server.environment)
            play.wait("status")
            self.assertFalse(os.path.exists(record))
            code, summary = play.end(number)
            self.assertEqual(code, 0, play.complaint)
            result = Wav.read(record)
            self.assertEqual(summary["recorded"]["frames"], len(result.channels[0]))
            self.assertEqual(summary["lost_frames"], 0)
            self.assertEqual(result.channels[0], result.channels[1])
            self.assertGreater(max(map(abs, result.channels[0][:4800])), 0.49)
            self.assertLess(max(map(abs, result.channels[0][-48:])), 0.01)

    def test_seconds_end_it_exactly(self):
        server = self.server()
        record = self.path("heard.wav")
        play = self.play(self.patch(SINE), "--seconds", "300ms", "--record", record, environment=server.environment)
        self.assertEqual(play.ended()[0], 0, play.complaint)
        self.assertEqual(len(Wav.read(record).channels[0]), 14400)

    def test_a_file_that_a_patch_imports_is_watched_also_while_it_is_broken(self):
        server = self.server()
        good = {"sinter": 1, "define": {"half": {"inputs": {"x": 1}, "nodes": [], "outputs": {"out": "0.5 * x"}}}}
        self.patch(good, "lib.json")
        patch = self.patch({"sinter": 1, "import": ["lib.json"], "nodes": [{"id": "tone", "type": "sine", "in": {"freq": 100}},
                            {"id": "h", "type": "half", "in": {"x": "tone"}}], "outputs": {"out": "h"}})
        play = self.play(patch, environment=server.environment)
        play.wait("started")
        for _ in range(2):
            self.patch("{ broken", "lib.json")
            play.wait("errors")
            self.patch(good, "lib.json")
            play.wait("swapped")
        self.assertEqual(play.end()[0], 0, play.complaint)

    def test_devices_are_listed_and_chosen_by_number_and_name(self):
        server = self.server()
        done = subprocess.run([PROGRAM, "devices", "--json"], capture_output=True, env={**os.environ, **server.environment})
        self.assertEqual(done.returncode, 0)
        devices = json.loads(done.stdout)["devices"]
        mine = [d for d in devices if d["name"] == "system" and "JACK" in d["api"]]
        self.assertEqual([(d["inputs"], d["outputs"], d["sample_rate"]) for d in mine], [(2, 2, 48000)])
        for name in (mine[0]["index"], "syst", "jack"):
            play = self.play(self.patch(SINE), "--out", name, "--seconds", "50ms", environment=server.environment)
            self.assertEqual(play.ended()[0], 0, play.complaint)
        for name, code in (("nothing", 3), ("99", 2)):
            play = self.play(self.patch(SINE), "--out", name, environment=server.environment)
            self.assertEqual(play.ended()[0], code, play.complaint)
        play = self.play(self.patch(SINE), "--rate", 44100, environment=server.environment)
        self.assertEqual(play.ended()[0], 2)
        self.assertIn("48000", play.complaint)

    def test_a_terminal_shows_levels_takes_keys_and_is_left_as_it_was(self):
        server = self.server()
        control, terminal = pty.openpty()
        self.addCleanup(os.close, control)
        before = termios.tcgetattr(terminal)
        patch = self.patch(ECHO)
        process = subprocess.Popen([PROGRAM, "play", patch], stdin=terminal, stdout=terminal, stderr=terminal,
                                   env={**os.environ, **server.environment, "TERM": "xterm", "NO_COLOR": "1"}, start_new_session=True,
                                   preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(lambda: process.poll() is None and process.kill())
        screen = ""

        def until(*words):
            nonlocal screen
            while not all(word in screen for word in words):
                screen += os.read(control, 65536).decode(errors="replace")

        until("playing", "L ·", "cpu", "xruns", "mix 0.5")
        self.assertFalse(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.write(control, b"\x1b[A\x1b[A")
        until("mix 0.54")
        os.write(control, b"q")
        until("played")
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(termios.tcgetattr(terminal), before)
        os.close(terminal)
        self.assertNotIn("\x1b[3", screen)


class WithoutAServer(PlayTest):
    def silent_environment(self, configuration):
        with open(self.path("asound.conf"), "w") as file:
            file.write(configuration)
        return {"ALSA_CONFIG_PATH": self.path("asound.conf"), "JACK_DEFAULT_SERVER": f"none{os.getpid()}", "JACK_NO_START_SERVER": "1"}

    def test_without_a_device_it_says_so(self):
        environment = {"JACK_DEFAULT_SERVER": f"none{os.getpid()}", "JACK_NO_START_SERVER": "1"}
        done = subprocess.run([PROGRAM, "devices"], capture_output=True, env={**os.environ, **environment}, text=True)
        if "There is no audio device" not in done.stdout:
            self.skipTest("this machine has a device")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("jackd", done.stdout)
        play = self.play(self.patch(SINE), environment=environment)
        self.assertEqual(play.ended()[0], 3)
        self.assertIn("error[no_device]", play.complaint)
        self.assertEqual(play.seen[-1]["errors"][0]["code"], "no_device")

    def test_swaps_survive_callbacks_that_nobody_paces(self):
        environment = self.silent_environment("pcm.!default { type null }\nctl.!default { type null }\n")
        play = self.play(self.patch(SINE), "--out", "default", environment=environment)
        try:
            play.wait("started")
        except AssertionError:
            self.skipTest("ALSA has no null device here")
        self.rewrite(play, int(20 * max(1, SCALE)), 0)
        code, summary = play.end()
        self.assertEqual((code, summary["not_finite"]), (0, 0), play.complaint)
        self.assertGreater(summary["load_overall"]["callbacks"], 100)

    def test_what_the_command_line_cannot_mean_is_refused(self):
        environment = {"JACK_DEFAULT_SERVER": f"none{os.getpid()}", "JACK_NO_START_SERVER": "1"}
        patch = self.patch(SINE)
        cases = [
            (2, (patch, "--demo")),
            (2, (patch, "--input-file", patch)),
            (2, (patch, "--record", self.path("out.xyz"))),
            (2, (patch, "--record", "-")),
            (2, (patch, "--in", "1", "--input-file", patch)),
            (2, (patch, "--mode", "jit", "--backend", "interpreter")),
            (2, (patch, "--seconds", "loud")),
            (1, (self.path("absent.json"),)),
            (1, (self.patch("{", "broken.json"),)),
        ]
        for code, arguments in cases:
            with self.subTest(arguments):
                play = self.play(*arguments, environment=environment)
                self.assertEqual(play.ended()[0] if play.process.stdout else None, code, play.complaint)
                self.assertNotEqual(play.complaint, "")
        done = subprocess.run([PROGRAM, "render", patch, "--demo", "-o", self.path("out.wav")], capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"poly", done.stderr)


if __name__ == "__main__":
    sys.exit(cases.run())

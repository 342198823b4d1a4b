#!/usr/bin/env python3
"""Runs the built sinter program on small files: results, exit codes, messages, and that no torn file is ever left.

SINTER_PROGRAM names the program (default: build/bin/sinter).
"""
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import cases
from audio import Wav, tone, wav_bytes, write_wav

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("SINTER_PROGRAM", os.path.join(ROOT, "build", "bin", "sinter"))

GAIN = {"sinter": 1, "inputs": {"in": 2}, "params": {"level": {"min": 0, "max": 4, "default": 0.5, "unit": "gain"}},
        "nodes": [], "outputs": {"out": "in * $level"}}
FILTER = {"sinter": 1, "inputs": {"in": 1},
          "params": {"cutoff": {"min": 20, "max": 20000, "default": 1000, "unit": "Hz", "scale": "log"},
                     "shape": {"choices": ["soft", "hard"], "default": "soft"}},
          "nodes": [{"id": "low", "type": "lowpass", "in": {"in": "in", "freq": "$cutoff"}},
                    {"id": "echo", "type": "delay", "in": {"in": "low + 0.5 * echo", "time": 0.01}, "max": 0.1, "interpolation": "linear"},
                    {"id": "drive", "expr": "pick($shape, tanh(2 * x), clamp(2 * x, -1, 1))", "where": {"x": "low + echo"}}],
          "outputs": {"out": "drive"}}
DUCK = {"sinter": 1, "inputs": {"in": 1, "side": 1},
        "nodes": [{"id": "level", "type": "follow", "in": {"in": "side"}}],
        "outputs": {"out": "in * (1 - min(level, 1))", "control": "level"}}
HUM = {"sinter": 1, "nodes": [{"id": "tone", "type": "sine", "in": {"freq": 1000}}], "outputs": {"out": "0.5 * tone"}}


class HostTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def patch(self, content, name="patch.json"):
        with open(self.path(name), "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return self.path(name)

    def wav(self, channels, name="in.wav", **options):
        write_wav(self.path(name), channels, **options)
        return self.path(name)

    def sinter(self, *arguments, code=0, stdin=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SINTER_")}
        done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, timeout=300, env=environment,
                              stdin=subprocess.DEVNULL if stdin is None else None)
        done.text, done.complaint = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.text[-2000:]}\n{done.complaint[-2000:]}")
        return done

    def assert_untouched(self, *names):
        """Nothing but these files lies in the folder: no output, no temporary file."""
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))


class Rendering(HostTest):
    def test_a_gain_scales_every_sample_exactly(self):
        left, right = tone(1000), tone(1000, 300)
        out = self.path("out.wav")
        self.sinter("render", self.patch(GAIN), "-i", self.wav([left, right]), "-o", out, "--bits", "32f")
        result, source = Wav.read(out), Wav.read(self.path("in.wav"))
        self.assertEqual(result.rate, 48000)
        self.assertEqual(result.channels, [[0.5 * x for x in row] for row in source.channels])

    def test_formats_hold_what_was_rendered_to_their_last_bit(self):
        patch, source = self.patch(GAIN), self.wav([tone(500), tone(500, 700)], bits="24")
        for bits in ("16", "24", "32f"):
            out = self.path(f"out{bits}.wav")
            self.sinter("render", patch, "-i", source, "-o", out, "--bits", bits, "--set", "level=1")
            error = max(abs(a - b) for a, b in zip(Wav.read(out).channels[0], Wav.read(source).channels[0]))
            self.assertLessEqual(error, 0 if bits != "16" else 2.0**-16)

    def test_24_bit_is_the_default_and_flac_reads_back_the_same(self):
        patch, source = self.patch(GAIN), self.wav([tone(500), tone(500)])
        self.sinter("render", patch, "-i", source, "-o", self.path("a.wav"))
        self.sinter("render", patch, "-i", source, "-o", self.path("a.flac"))
        self.sinter("render", patch, "-i", self.path("a.flac"), "-o", self.path("b.wav"), "--set", "level=1")
        self.assertEqual(Wav.read(self.path("a.wav")).bits, 24)
        self.assertEqual(Wav.read(self.path("a.wav")).data, Wav.read(self.path("b.wav")).data)

    def test_mono_spreads_over_a_stereo_input(self):
        out = self.path("out.wav")
        self.sinter("render", self.patch(GAIN), "-i", self.wav([tone(100)]), "-o", out)
        self.assertEqual(*Wav.read(out).channels)

    def test_block_size_changes_nothing(self):
        patch, source = self.patch(FILTER), self.wav([tone(5000, level=0.9)])
        for contract in ([], ["--strict"]):
            results = set()
            for block in (1, 7, 64, 100, 512, 100000):
                self.sinter("render", patch, "-i", source, "-o", self.path("out.wav"), "--block", block, "--bits", "32f", *contract)
                results.add(Wav.read(self.path("out.wav")).data)
            self.assertEqual(len(results), 1, contract)

    def test_strict_renders_are_equal_files_on_every_backend(self):
        patch, source = self.patch(FILTER), self.wav([tone(3000, level=0.9)])
        files = {}
        for backend in ("reference", "interpreter", "sse", "avx2", "avx512"):
            out = self.path(backend + ".wav")
            done = subprocess.run([PROGRAM, "render", patch, "-i", source, "-o", out, "--strict", "--backend", backend, "--bits", "32f"],
                                  capture_output=True)
            if done.returncode == 3:
                self.assertFalse(os.path.exists(out))
                self.skipped_part(backend, "this machine or build does not have it")
                continue
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(out, "rb") as file:
                files[backend] = file.read()
        self.assertGreaterEqual(len(files), 2)
        self.assertEqual(len(set(files.values())), 1, {name: hash(content) for name, content in files.items()})

    def skipped_part(self, what, why):
        print(f"\nskipped\t{what} (host test)\t{why}")  # on a line of its own: unittest writes dots

    def test_settings_take_numbers_quantities_and_choices(self):
        patch, source = self.patch(FILTER), self.wav([tone(2000, level=0.9)])

        def rendered(*settings):
            flags = [x for s in settings for x in ("--set", s)]
            self.sinter("render", patch, "-i", source, "-o", self.path("out.wav"), "--bits", "32f", *flags)
            return Wav.read(self.path("out.wav")).data

        self.assertEqual(rendered("cutoff=2500"), rendered("cutoff=2.5kHz"))
        self.assertNotEqual(rendered("cutoff=2500"), rendered("cutoff=250Hz"))
        self.assertNotEqual(rendered("shape=hard"), rendered("shape=soft"))
        self.assertEqual(rendered(), rendered("shape=soft", "cutoff=1kHz"))

    def test_gain_settings_take_decibels(self):
        self.sinter("render", self.patch(GAIN), "-i", self.wav([[0.25] * 10] * 2), "-o", self.path("out.wav"), "--bits", "32f", "--set", "level=6dB")
        self.assertAlmostEqual(Wav.read(self.path("out.wav")).channels[0][5], 0.25 * 10 ** (6 / 20), places=6)

    def test_a_side_chain_and_two_outputs_find_their_files(self):
        main, side = self.wav([[0.5] * 4000], "main.wav"), self.wav([[1.0] * 2000], "side.wav")
        self.sinter("render", self.patch(DUCK), "-i", f"in={main}", "-i", f"side={side}", "-o", self.path("out.wav"), "-o",
                    "control=" + self.path("control.wav"))
        control, out = Wav.read(self.path("control.wav")), Wav.read(self.path("out.wav"))
        self.assertGreater(control.channels[0][1900], 0.9)
        self.assertLess(out.channels[0][1900], 0.06)
        self.assertEqual(len(out.channels[0]), 4000)

    def test_an_input_without_a_file_is_silent_and_said(self):
        done = self.sinter("render", self.patch(DUCK), "-i", self.wav([[0.5] * 100]), "-o", self.path("out.wav"))
        self.assertIn("side", done.text)

    def test_a_patch_without_inputs_renders_the_asked_seconds(self):
        self.sinter("render", self.patch(HUM), "-o", self.path("out.wav"), "--seconds", "250ms", "--rate", "8000", "--bits", "32f")
        result = Wav.read(self.path("out.wav"))
        self.assertEqual((result.rate, len(result.channels[0])), (8000, 2000))
        error = max(abs(x - 0.5 * math.sin(2 * math.pi * i / 8)) for i, x in enumerate(result.channels[0]))
        self.assertLess(error, 1e-6)

    def test_seconds_cut_or_lengthen_the_input(self):
        patch, source = self.patch(GAIN), self.wav([[0.5] * 4800] * 2)
        for seconds, frames in (("0.05", 2400), ("0.2", 9600)):
            self.sinter("render", patch, "-i", source, "-o", self.path("out.wav"), "--seconds", seconds)
            row = Wav.read(self.path("out.wav")).channels[0]
            self.assertEqual(len(row), frames)
            self.assertTrue(all(x == 0 for x in row[4800:]))

    def test_tail_renders_on_after_the_input(self):
        patch, source = self.patch(FILTER), self.wav([[0.5] * 480])
        done = self.sinter("render", patch, "-i", source, "-o", self.path("own.wav"), "--tail", "--json")
        report = json.loads(done.text)
        self.assertGreater(report["tail_frames"], 0)
        self.assertEqual(report["frames"], 480 + report["tail_frames"])
        self.sinter("render", patch, "-i", source, "-o", self.path("given.wav"), "--tail=20ms")
        row = Wav.read(self.path("given.wav")).channels[0]
        self.assertEqual(len(row), 480 + 960)
        self.assertGreater(max(abs(x) for x in row[480:]), 0.05)

    def test_resampling_happens_only_when_asked_for(self):
        patch = self.patch(DUCK)
        main, side = self.wav([tone(4800, 1000)], "main.wav"), self.wav([[0.0] * 4410], "side.wav", rate=44100)
        arguments = ("render", patch, "-i", main, "-i", f"side={side}", "-o", self.path("out.wav"))
        done = self.sinter(*arguments, code=1)
        self.assertIn("rate_mismatch", done.complaint)
        self.assertFalse(os.path.exists(self.path("out.wav")))
        self.sinter(*arguments, "--rate", 96000, "--bits", "32f")
        result = Wav.read(self.path("out.wav"))
        self.assertEqual((result.rate, len(result.channels[0])), (96000, 9600))
        # Away from the ends the 1 kHz tone stands where it stood.
        expected = tone(9600, 1000, 96000)
        self.assertLess(max(abs(a - b) for a, b in zip(result.channels[0][1000:8600], expected[1000:8600])), 1e-4)

    def test_peak_loudness_and_clipped_samples_are_reported(self):
        source = self.wav([tone(48000, 997, level=0.5)] * 2)
        report = json.loads(self.sinter("render", self.patch(GAIN), "-i", source, "-o", self.path("out.wav"), "--set", "level=1", "--json").text)
        output = report["outputs"][0]
        self.assertAlmostEqual(output["peak"], 0.5, places=4)
        # BS.1770: a 997 Hz sine of amplitude 1 in one channel reads -3.01 LUFS; here 0.5 in both: -6.02 and +3.01.
        self.assertAlmostEqual(output["loudness_lufs"], -6.02, delta=0.1)
        self.assertEqual(output["clipped"], 0)
        report = json.loads(self.sinter("render", self.patch(GAIN), "-i", source, "-o", self.path("out.wav"), "--set", "level=4", "--json").text)
        self.assertGreater(report["outputs"][0]["clipped"], 20000)

    def test_standard_streams_carry_wav(self):
        patch, content = self.patch(GAIN), wav_bytes([tone(700), tone(700, 50)])
        done = self.sinter("render", patch, "-i", "-", "-o", "-", "--bits", "32f", stdin=content)
        source, result = Wav(content), Wav(done.stdout)
        self.assertEqual(result.channels, [[0.5 * x for x in row] for row in source.channels])
        self.assertIn("peak", done.complaint)
        self.assert_untouched("patch.json")

    def test_a_device_is_written_in_place(self):
        self.sinter("render", self.patch(GAIN), "-i", self.wav([tone(700), tone(700)]), "-o", "/dev/null")
        self.assertFalse(os.path.isfile("/dev/null"))

    def test_an_existing_output_is_replaced_through_links_and_in_place(self):
        source = self.wav([tone(700), tone(700)])
        os.symlink(source, self.path("link.wav"))
        before = Wav.read(source)
        self.sinter("render", self.patch(GAIN), "-i", source, "-o", self.path("link.wav"), "--bits", "32f")
        self.assertTrue(os.path.islink(self.path("link.wav")))
        self.assertEqual(Wav.read(source).channels[0], [0.5 * x for x in before.channels[0]])
        self.assert_untouched("in.wav", "link.wav", "patch.json")

    def test_an_interrupt_leaves_no_file(self):
        process = subprocess.Popen([PROGRAM, "render", self.patch(HUM), "-o", self.path("out.wav"), "--seconds", "100000", "--backend", "reference"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(os.listdir(self.folder)) < 2:
            time.sleep(0.01)
        self.assertEqual([name for name in os.listdir(self.folder) if name == "out.wav"], [])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.assert_untouched("patch.json")

    def test_json_reports_parse_and_say_what_ran(self):
        report = json.loads(self.sinter("render", self.patch(HUM), "-o", self.path("out.wav"), "--seconds", 1, "--json", "--mode", "interpret").text)
        self.assertTrue(report["ok"])
        self.assertEqual(report["backend"], "interpreter")
        self.assertEqual(report["outputs"][0]["frames"], 48000)


class WrongInput(HostTest):
    def broken(self):
        good = wav_bytes([tone(1000)])
        header = good[:44]
        return {
            "empty file": (b"", "bad_audio"),
            "one byte": (b"R", "bad_audio"),
            "truncated header": (header[:20], "bad_audio"),
            "header only, data missing": (header, "bad_audio"),
            "truncated data": (good[: len(good) // 2], "bad_audio"),
            "one byte short": (good[:-1], "bad_audio"),
            "text": (b"this is no audio\n" * 50, "bad_audio"),
            "a patch": (json.dumps(GAIN).encode(), "bad_audio"),
            "zero channels": (header[:22] + b"\0\0" + header[24:] + good[44:], "bad_audio"),
            "zero rate": (header[:24] + b"\0\0\0\0" + header[28:] + good[44:], "bad_audio"),
            "unknown sample format": (header[:20] + b"\x77\x77" + header[22:] + good[44:], "bad_audio"),
            "a rate too low": (wav_bytes([tone(1000)], rate=4000), "bad_audio"),
            "three channels into two": (wav_bytes([tone(100)] * 3), "channel_mismatch"),
        }

    def test_bad_audio_is_an_error_with_a_code_and_leaves_no_output(self):
        patch = self.patch(GAIN)
        for what, (content, code) in self.broken().items():
            with self.subTest(what):
                with open(self.path("in.wav"), "wb") as file:
                    file.write(content)
                done = self.sinter("render", patch, "-i", self.path("in.wav"), "-o", self.path("out.wav"), code=1)
                self.assertIn(f"error[{code}]", done.complaint)
                self.assert_untouched("in.wav", "patch.json")

    def test_a_truncated_flac_is_an_error(self):
        self.sinter("render", self.patch(HUM), "-o", self.path("whole.flac"), "--seconds", 1)
        with open(self.path("whole.flac"), "rb") as file:
            content = file.read()
        with open(self.path("cut.flac"), "wb") as file:
            file.write(content[: len(content) // 2])
        done = self.sinter("render", self.patch(GAIN), "-i", self.path("cut.flac"), "-o", self.path("out.wav"), code=1)
        self.assertIn("bad_audio", done.complaint)
        self.assert_untouched("cut.flac", "patch.json", "whole.flac")

    def test_bad_audio_on_standard_input_is_an_error(self):
        done = self.sinter("render", self.patch(GAIN), "-i", "-", "-o", self.path("out.wav"), stdin=b"nonsense", code=1)
        self.assertIn("bad_audio", done.complaint)
        self.assert_untouched("patch.json")

    def test_a_failed_render_keeps_the_file_that_was_there(self):
        with open(self.path("out.wav"), "wb") as file:
            file.write(b"precious")
        self.sinter("render", self.patch("{"), "-i", self.wav([tone(10)]), "-o", self.path("out.wav"), code=1)
        with open(self.path("out.wav"), "rb") as file:
            self.assertEqual(file.read(), b"precious")

    def test_exit_codes_tell_whose_fault_it_is(self):
        patch, source, out = self.patch(GAIN), self.wav([tone(10)]), self.path("out.wav")
        cases = [
            (2, ()),
            (2, ("nonsense",)),
            (2, ("render",)),
            (2, ("render", patch)),
            (2, ("render", patch, "-o", out)),
            (2, ("render", patch, "-i", source, "-o", out, "--frobnicate")),
            (2, ("render", patch, "-i", source, "-o", out, "--bits", "12")),
            (2, ("render", patch, "-i", source, "-o", out, "--block", "0")),
            (2, ("render", patch, "-i", source, "-o", out, "--rate", "100")),
            (2, ("render", patch, "-i", source, "-o", out, "--seconds", "soon")),
            (2, ("render", patch, "-i", source, "-o", out, "--set", "level")),
            (2, ("render", patch, "-i", source, "-o", out, "--set", "volume=1")),
            (2, ("render", patch, "-i", source, "-o", out, "--set", "level=loud")),
            (2, ("render", patch, "-i", source, "-o", out, "--set", "level=9")),
            (2, ("render", patch, "-i", source, "-o", out, "--set", "level=3Hz")),
            (2, ("render", patch, "-i", f"side={source}", "-o", out)),
            (2, ("render", patch, "-i", source, "-i", source, "-o", out)),
            (2, ("render", patch, "-i", source, "-o", self.path("out.xyz"))),
            (2, ("render", patch, "-i", source, "-o", self.path("out.flac"), "--bits", "32f")),
            (2, ("render", patch, "-i", source, "-o", f"wet={out}")),
            (2, ("render", patch, "-i", source, "-o", out, "--mode", "jit", "--backend", "interpreter")),
            (2, ("render", self.patch(HUM, "hum.json"), "-i", source, "-o", out)),
            (2, ("nodes", "nothing")),
            (2, ("explain", "nothing")),
            (1, ("render", self.path("absent.json"), "-i", source, "-o", out)),
            (1, ("render", patch, "-i", self.path("absent.wav"), "-o", out)),
            (1, ("render", patch, "-i", self.folder, "-o", out)),
            (1, ("validate", self.patch("{ \"sinter\": 1 }", "bare.json"))),
            (1, ("inspect", self.path("bare.json"))),
            (3, ("render", patch, "-i", source, "-o", self.path("no/such/folder/out.wav"))),
        ]
        before = sorted(os.listdir(self.folder))
        for code, arguments in cases:
            with self.subTest(arguments):
                done = self.sinter(*arguments, code=code)
                self.assertNotEqual(done.complaint, "")
                self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_a_full_disk_leaves_no_file(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("/dev/full is not there")
        done = self.sinter("render", self.patch(HUM), "-o", "/dev/full", "--seconds", 1, code=3)
        self.assertIn("cannot_write", done.complaint)

    def test_errors_are_objects_where_json_is_asked_for(self):
        done = self.sinter("render", self.patch("{ \"sinter\": 1, }"), "-o", self.path("out.wav"), "--json", code=1)
        report = json.loads(done.text)
        self.assertFalse(report["ok"])
        self.assertTrue(report["errors"][0]["code"])
        self.assertIn("error[", done.complaint)


class Looking(HostTest):
    def test_help_and_version_work_for_every_command(self):
        self.assertRegex(self.sinter("--version").text, r"^sinter \d+\.\d+\.\d+\n$")
        for command in ("render", "inspect", "nodes", "validate", "explain"):
            self.assertIn("PATCH" if command in ("render", "inspect", "validate") else "--json", self.sinter(command, "--help").text)
        self.assertIn("Examples", self.sinter("render", "--help").text)

    def test_every_stage_shows_something_and_its_json_parses(self):
        patch = self.patch(FILTER)
        for stage in ("graph", "ir", "plan", "report"):
            self.assertGreater(len(self.sinter("inspect", patch, "--stage", stage).text), 100)
            self.assertTrue(json.loads(self.sinter("inspect", patch, "--stage", stage, "--json").text)["ok"])

    def test_the_listing_names_the_ir_it_came_from(self):
        done = subprocess.run([PROGRAM, "inspect", self.patch(FILTER), "--stage", "asm"], capture_output=True)
        if done.returncode == 3:
            self.skipTest("this build has no machine code")
        self.assertIn(b"; %", done.stdout)
        self.assertIn(b"(low)", done.stdout)

    def test_the_report_says_how_every_node_runs(self):
        report = json.loads(self.sinter("inspect", self.patch(FILTER), "--json", "--backend", "interpreter").text)
        nodes = {node["path"]: node for node in report["nodes"]}
        self.assertEqual(nodes["low"]["category"], "Stateful")
        self.assertEqual(nodes["low"]["strategy"], "serial")
        self.assertIn("recurrence", nodes["low"]["why"])
        self.assertEqual(nodes["drive"]["strategy"], "time-parallel")
        regions = {region["nodes"][0]: region for region in report["regions"]}
        self.assertEqual(regions["low"]["obstacle"], "interpreter")
        self.assertEqual(regions["low"]["distance"], 1)
        self.assertEqual(regions["low"]["why"], nodes["low"]["why"])
        self.assertTrue(regions["low"]["frees"])
        self.assertTrue(all(node["ops"] + node["control_ops"] > 0 for node in report["nodes"]))
        listed = {path for step in report["steps"] for path in step["nodes"]}
        self.assertIn("drive", listed)

    def test_dot_is_a_digraph_with_every_node(self):
        text = self.sinter("inspect", self.patch(FILTER), "--dot").text
        self.assertTrue(text.startswith("digraph"))
        for name in ('"in"', '"low"', '"echo"', '"drive"', '"$cutoff"', '"outputs.out"'):
            self.assertIn(name, text)

    def test_a_graph_shown_is_a_patch_that_can_be_read_again(self):
        text = self.sinter("inspect", self.patch(FILTER), "--stage", "graph").text
        self.assertEqual(self.sinter("inspect", self.patch(text, "again.json"), "--stage", "graph").text, text)

    def test_nodes_lists_every_type_and_its_json_agrees(self):
        text, listed = self.sinter("nodes").text, json.loads(self.sinter("nodes", "--json").text)
        self.assertGreater(len(listed), 25)
        for node in listed:
            self.assertIn(node["type"], text)
        self.assertIn("freq", self.sinter("nodes", "lowpass").text)

    def test_nodes_tells_of_poly_what_its_notes_set(self):
        self.assertIn("poly", self.sinter("nodes").text)
        text, poly = self.sinter("nodes", "poly").text, json.loads(self.sinter("nodes", "poly", "--json").text)
        inputs = {port["name"]: port for port in poly["voice_inputs"]}
        self.assertEqual(inputs["freq"]["unit"], "Hz")
        self.assertEqual(inputs["timbre"]["default"], 0.5)
        for name in [*inputs, *(setting["name"] for setting in poly["settings"])]:
            self.assertIn(name, text)

    def test_explain_tells_meaning_and_mend(self):
        self.assertIn("mend", self.sinter("explain", "channel_mismatch").text)
        codes = json.loads(self.sinter("explain", "--json").text)
        self.assertGreater(len(codes), 40)

    def test_validate_names_file_line_and_column(self):
        good, bad = self.patch(GAIN, "good.json"), self.patch('{ "sinter": 1,\n  "outputs": { "out": "1 +" } }', "bad.json")
        done = self.sinter("validate", good, bad, code=1)
        self.assertRegex(done.complaint, r"bad\.json:2:\d+: error\[bad_expression\]")
        verdicts = json.loads(self.sinter("validate", good, bad, "--json", code=1).text)
        self.assertEqual([v["ok"] for v in verdicts], [True, False])
        self.assertEqual(verdicts[1]["errors"][0]["line"], 2)

    def test_no_escape_sequences_reach_a_pipe(self):
        for arguments in (("nodes",), ("inspect", self.patch(FILTER)), ("explain", "cycle")):
            self.assertNotIn("\x1b", self.sinter(*arguments).text)


class Measuring(HostTest):
    """The shape of what is printed, never a figure."""

    def setUp(self):
        super().setUp()
        if "bench" not in self.sinter("--help").text:
            self.skipTest("built without benchmarks")

    def assert_report(self, report):
        self.assertTrue(report["processor"])
        for figure in report["figures"]:
            self.assertEqual(set(figure) - {"note"}, {"group", "name", "unit", "median", "minimum"})
        for times in report["distributions"]:
            self.assertEqual(set(times) - {"period"},
                             {"group", "name", "unit", "count", "minimum", "p50", "p90", "p99", "max"})
            self.assertGreater(times["count"], 0, times)
            ranks = [times[key] for key in ("minimum", "p50", "p90", "p99", "max")]
            self.assertEqual(ranks, sorted(ranks), times)
        for step in report["predictions"]:
            self.assertEqual(set(step), {"group", "name", "predicted", "median", "minimum"})
        for goal in report["goals"]:
            self.assertEqual(set(goal), {"text", "reached", "relation", "goal", "met"})
        self.assertTrue(all(isinstance(note, str) for note in report["notes"]))

    def test_swap_times_are_distributions_from_text_to_sound_and_of_callbacks_meanwhile(self):
        report = json.loads(self.sinter("bench", "--swap", "--edits", "1", "--json").text)
        self.assert_report(report)
        edits = [t for t in report["distributions"] if t["group"].startswith("200 nodes edited")]
        self.assertEqual(len({t["group"] for t in edits}), 3)
        names = {t["name"] for t in edits}
        self.assertLessEqual({"text to hand-over", "hand-over to sound", "text to sound", "text to the last tier's sound"}, names)
        self.assertTrue(any(name.startswith("compile for ") for name in names))
        callbacks = [t for t in report["distributions"] if t["group"].startswith("callbacks, ")]
        self.assertEqual(len({t["group"] for t in callbacks}), 10)
        self.assertTrue(all(t["unit"] == "us" and t["period"] > 0 for t in callbacks))
        for phase in ("at rest", "copying", "taking over", "fading"):
            self.assertTrue(any(t["name"].endswith(phase) for t in callbacks), phase)
        self.assertEqual([g["relation"] for g in report["goals"]], ["at most"] * 8)

    def test_events_are_figures_beside_the_same_patch_at_rest(self):
        report = json.loads(self.sinter("bench", "--events", "--repetitions", "3", "--json").text)
        self.assert_report(report)
        groups = [f["group"].split(",")[0] for f in report["figures"]]
        self.assertEqual(set(groups), {"64 parameters", "transport", "poly"})
        self.assertTrue(all(f["unit"] == "ns" and f["minimum"] > 0 for f in report["figures"]))

    def test_recurrences_are_timed_where_they_compute_what_the_loop_does(self):
        report = json.loads(self.sinter("bench", "--recurrences", "--repetitions", "3", "--json").text)
        self.assert_report(report)
        agreement = [g for g in report["goals"] if "differs from the loop" in g["text"]]
        self.assertEqual(len(agreement), 11)
        self.assertEqual([g["text"] for g in agreement if not g["met"]], [])
        for case in (g["text"].split(":")[0] for g in agreement):
            names = {f["name"] for f in report["figures"] if f["group"] == case + ", per frame"}
            self.assertLessEqual({"loop", "memcpy", "interpreter", "interpreter, engine, blocks of 64"}, names)

    def test_growth_is_told_per_node_with_the_best_size_marked(self):
        report = json.loads(self.sinter("bench", "--growth", "--largest", "4", "--repetitions", "3", "--json").text)
        self.assert_report(report)
        times = [f for f in report["figures"] if f["group"].endswith("per node and frame")]
        self.assertEqual(len(times), 3 * len({f["group"] for f in times}))
        for group in {f["group"] for f in times}:
            notes = [f["note"] for f in times if f["group"] == group]
            self.assertTrue(any(note.startswith("1.00 of the best") for note in notes), notes)
        self.assertTrue(times or any("not measured" in note for note in report["notes"]))

    def test_predictions_stand_beside_what_each_step_takes(self):
        report = json.loads(self.sinter("bench", "--predicted", self.patch(FILTER), "--repetitions", "3", "--json").text)
        self.assert_report(report)
        steps = report["predictions"]
        self.assertTrue(steps or any("not measured" in note for note in report["notes"]))
        if steps:
            self.assertEqual(steps[-1]["name"], "all steps")
            self.assertEqual([s["name"].split()[0] for s in steps[:-1]], [str(k) for k in range(len(steps) - 1)])

    def test_what_cannot_go_together_is_an_error(self):
        for arguments in (["--swap", "--events"], ["--edits", "5"], ["--swap", self.patch(GAIN)], ["--events", self.patch(GAIN)],
                          ["--recurrences", "--growth"], ["--growth", "--predicted"], ["--largest", "8"],
                          ["--recurrences", self.patch(GAIN)], ["--growth", self.patch(GAIN)]):
            with self.subTest(arguments):
                self.sinter("bench", *arguments, code=2)


class Examples(HostTest):
    def test_every_example_validates_without_a_warning(self):
        folder = os.path.join(ROOT, "examples")
        patches = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".json"))
        self.assertGreaterEqual(len(patches), 8)
        for verdict in json.loads(self.sinter("validate", *patches, "--json").text):
            self.assertEqual((verdict["errors"], verdict["warnings"]), ([], []), verdict["path"])

    def test_every_example_renders_audible_finite_sound_below_full_scale(self):
        folder = os.path.join(ROOT, "examples")
        voice = [0.5 * x * math.exp(-(i % 12000) / 3000) for i, x in enumerate(tone(48000, 220))]
        source = self.wav([voice])
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".json"):
                continue
            with self.subTest(name):
                patch = os.path.join(folder, name)
                # A patch without that input refuses the file: 2.
                arguments = [PROGRAM, "render", patch, "-o", self.path("out.wav"), "--seconds", "1", "--json"]
                with open(patch) as file:
                    arguments += ["--demo"] if '"poly"' in file.read() else []
                for inputs in (["-i", source, "-i", "side=" + source], ["-i", source], []):
                    done = subprocess.run(arguments + inputs, capture_output=True)
                    if done.returncode != 2:
                        break
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                output = json.loads(done.stdout)["outputs"][0]
                self.assertEqual((output["clipped"], output["not_finite"]), (0, 0))
                self.assertGreater(output["peak"], 0.01)


if __name__ == "__main__":
    sys.exit(cases.run())

"""Requests that Divisi encodes, held against the vendors' own typed models and against the strict server.

A request is a JSON file with the body as it is sent, below a folder of its wire:
`<folder>/<wire>/fixtures/requests/<model>.<case>.json`, where the wire is `openai_chat`, `openai_responses`, `anthropic`
or `gemini`. The tests of the providers write them (`crates/providers/tests/wires/encoded.rs`) and fail where what is
sent has changed.
"""

import json
import pathlib
import re
import sys
import typing
import unittest

import anthropic.types
import openai.types.chat
import openai.types.responses
import pydantic
from google.genai import types as google
from typing_extensions import is_typeddict

from server import server

FOLDERS = []
"""Where requests are looked for; `main` sets it."""

OLD_CLAUDE = re.compile(r"claude-(2|3|(opus|sonnet|haiku)-4-[0-6])")
"""Models that still take a temperature, for which Anthropic's client of today has no field any more."""

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
MESSAGES = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
GEMINI_PARTS = {
    "contents": list[google.Content],
    "systemInstruction": google.Content,
    "tools": list[google.Tool],
    "toolConfig": google.ToolConfig,
    "generationConfig": google.GenerationConfig,
    "safetySettings": list[google.SafetySetting],
    "cachedContent": str,
}


def forbid_strangers(package):
    """Has every typed dictionary of a package refuse fields that it does not name."""
    for name, module in list(sys.modules.items()):
        if name.startswith(package):
            for value in vars(module).values():
                if isinstance(value, type) and is_typeddict(value):
                    value.__pydantic_config__ = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)


forbid_strangers("openai.types")
forbid_strangers("anthropic.types")
ADAPTERS = {
    "openai_chat": pydantic.TypeAdapter(openai.types.chat.CompletionCreateParams),
    "openai_responses": pydantic.TypeAdapter(openai.types.responses.ResponseCreateParams),
    "anthropic": pydantic.TypeAdapter(anthropic.types.MessageCreateParams),
}
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic": "/v1/messages",
}


def consumed(value):
    """Goes through a validated value: what is iterable is validated only while it is read."""
    if isinstance(value, (str, bytes, int, float, type(None))):
        return
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, typing.Iterable):
        for item in value:
            consumed(item)


def validate(wire, body):
    """Raises where the vendor's own types do not admit the body."""
    if wire == "anthropic" and OLD_CLAUDE.match(body.get("model", "")):
        body = {name: part for name, part in body.items() if name != "temperature"}
    if wire != "gemini":
        consumed(ADAPTERS[wire].validate_python(body))
        return
    strangers = set(body) - set(GEMINI_PARTS)
    if strangers or "contents" not in body:
        raise ValueError(f"unknown or missing fields: {sorted(strangers)}")
    for name, part in body.items():
        pydantic.TypeAdapter(GEMINI_PARTS[name]).validate_python(part)


def path_of(wire, file):
    if wire != "gemini":
        return PATHS[wire]
    model = file.name.removesuffix(".json").rsplit(".", 1)[0]
    return f"/v1beta/models/{model}:generateContent"


def files():
    """Wire and file of every request there is."""
    for folder in FOLDERS:
        for file in sorted(pathlib.Path(folder).glob("*/fixtures/requests/*.json")):
            yield file.parts[-4], file


class Requests(unittest.TestCase):
    def test_the_vendors_own_types_admit_what_is_encoded(self):
        for wire, file in files():
            with self.subTest(wire=wire, file=file.name):
                validate(wire, json.loads(file.read_text()))

    def test_the_strict_server_answers_what_is_encoded(self):
        server().behave()
        for wire, file in files():
            body = {**json.loads(file.read_text())}
            if wire != "gemini":
                body["stream"] = False
                body.pop("stream_options", None)
            with self.subTest(wire=wire, file=file.name):
                status, answer = server().post(path_of(wire, file), body)
                self.assertEqual(status, 200, answer)

    def test_the_check_admits_what_is_right(self):
        for wire, body in [
            ("openai_chat", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}),
            ("openai_responses", {"model": "m", "input": "hi", "max_output_tokens": 16}),
            ("anthropic", {**MESSAGES, "system": [{"type": "text", "text": "s"}], "stream": True}),
            ("gemini", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                        "generationConfig": {"maxOutputTokens": 5, "responseJsonSchema": {"type": "object"}}}),
        ]:
            with self.subTest(wire=wire):
                validate(wire, body)

    def test_the_check_sees_what_is_wrong(self):
        part = {"type": "text", "txt": "hi"}
        for wire, body in [
            ("openai_chat", {**CHAT, "max_output_tokens": 5}),
            ("openai_chat", {"model": "m", "messages": [{"role": "robot", "content": "hi"}]}),
            ("openai_chat", {"model": "m", "messages": [{"role": "user", "content": [part]}]}),
            ("openai_responses", {"model": "m", "input": "hi", "max_tokens": 16}),
            ("openai_responses", {"model": "m", "input": "hi", "text": {"format": {"type": "json_schema", "name": "n"}}}),
            ("anthropic", {**MESSAGES, "model": "claude-opus-5-5", "temperature": 1}),
            ("anthropic", {"model": "m", "messages": MESSAGES["messages"]}),
            ("anthropic", {**MESSAGES, "messages": [{"role": "user", "content": [part]}]}),
            ("gemini", {"contents": [{"role": "user", "parts": [{"txt": "hi"}]}]}),
            ("gemini", {"contents": [], "generationConfig": {"max_tokens": 5}}),
            ("gemini", {"contents": [], "generation": {}}),
        ]:
            with self.subTest(wire=wire, body=body), self.assertRaises((ValueError, TypeError)):
                validate(wire, body)

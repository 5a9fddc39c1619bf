"""Google's client against generateContent."""

import unittest

from google import genai
from google.genai import errors, types

from server import TEXT, TWO_CALLS, USAGE, WEATHER, server

MODEL = "gemini-2.5-flash"
TOOLS = [{"function_declarations": [{"name": "get_weather", "parameters_json_schema": WEATHER}]}]


class Gemini(unittest.TestCase):
    def setUp(self):
        options = types.HttpOptions(base_url=server().url)
        self.client = genai.Client(api_key="test-key", http_options=options, vertexai=False)

    def ask(self, contents="hi", **config):
        config = {"automatic_function_calling": {"disable": True}, **config}
        return self.client.models.generate_content(model=MODEL, contents=contents, config=config)

    def test_an_answer_is_completed(self):
        server().behave(answers=[{"text": TEXT, "usage": {**USAGE, "reasoning": 5}}])
        answer = self.ask(max_output_tokens=50, system_instruction="Be short.", temperature=0.2)
        self.assertEqual((answer.text, answer.candidates[0].finish_reason.name), (TEXT, "STOP"))
        usage = answer.usage_metadata
        self.assertEqual((usage.prompt_token_count, usage.candidates_token_count), (100, 35))
        self.assertEqual((usage.cached_content_token_count, usage.thoughts_token_count), (30, 5))

    def test_a_stream_brings_the_same(self):
        server().behave(answers=[{"text": TEXT, "usage": USAGE}], delta_chars=3)
        chunks = list(self.client.models.generate_content_stream(model=MODEL, contents="hi"))
        self.assertEqual("".join(chunk.text or "" for chunk in chunks), TEXT)
        self.assertEqual(chunks[-1].usage_metadata.total_token_count, 140)
        self.assertEqual(chunks[-1].candidates[0].finish_reason.name, "STOP")

    def test_parallel_tools_are_called_and_answered(self):
        server().behave(answers=[{"tool_calls": TWO_CALLS}, {"text": "warm"}])
        answer = self.ask(tools=TOOLS)
        self.assertEqual([dict(call.args) for call in answer.function_calls], [{"city": "Wien"}, {"city": "Graz"}])
        user = types.Content(role="user", parts=[types.Part(text="hi")])
        result = types.Part.from_function_response(name="get_weather", response={"celsius": 20})
        turns = [user, answer.candidates[0].content, types.Content(role="user", parts=[result, result])]
        self.assertEqual(self.ask(turns, tools=TOOLS).text, "warm")
        turns[-1] = types.Content(role="user", parts=[result])
        with self.assertRaisesRegex(errors.ClientError, "number of function response parts"):
            self.ask(turns, tools=TOOLS)

    def test_structured_output_fulfils_the_schema(self):
        server().behave()
        schema = {"type": "object", "properties": {"approved": {"type": "boolean"}}, "required": ["approved"]}
        answer = self.ask(response_mime_type="application/json", response_json_schema=schema)
        self.assertEqual(answer.parsed, {"approved": True})

    def test_errors_are_typed(self):
        for refusal, error, code, status in [
            ({"rate_limited": {"retry_after_seconds": 7}}, errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
            ("unauthorized", errors.ClientError, 400, "INVALID_ARGUMENT"),
            ("forbidden", errors.ClientError, 403, "PERMISSION_DENIED"),
            ("unknown_model", errors.ClientError, 404, "NOT_FOUND"),
            ("quota_spent", errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
            ("context_too_long", errors.ClientError, 400, "INVALID_ARGUMENT"),
            ("internal", errors.ServerError, 500, "INTERNAL"),
            ("unavailable", errors.ServerError, 503, "UNAVAILABLE"),
        ]:
            with self.subTest(refusal=refusal), self.assertRaises(error) as raised:
                server().refuse(refusal)
                self.ask()
            self.assertEqual((raised.exception.code, raised.exception.status), (code, status))

    def test_a_rate_limit_says_how_long_in_its_details(self):
        server().refuse({"rate_limited": {"retry_after_seconds": 7}})
        with self.assertRaises(errors.ClientError) as raised:
            self.ask()
        details = raised.exception.details["error"]["details"]
        self.assertIn("7s", [detail.get("retryDelay") for detail in details])

    def test_an_error_in_a_stream_is_raised(self):
        server().fault({"kind": "stream_error"})
        with self.assertRaises(errors.APIError):
            list(self.client.models.generate_content_stream(model=MODEL, contents="hi"))

    def test_models_are_listed(self):
        server().behave(models=["one", "two"])
        self.assertEqual([model.name for model in self.client.models.list()], ["models/one", "models/two"])

"""OpenAI's client against Responses."""

import unittest

import openai
import pydantic

from server import TEXT, TWO_CALLS, USAGE, WEATHER, server

TOOLS = [{"type": "function", "name": "get_weather", "parameters": WEATHER, "strict": True}]


class Verdict(pydantic.BaseModel):
    approved: bool
    feedback: str


class Responses(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(base_url=server().url + "/v1", api_key="sk-test", max_retries=0)

    def ask(self, **more):
        return self.client.responses.create(**{"model": "gpt-4.1-mini", "input": "hi", **more})

    def test_a_response_is_completed(self):
        server().behave(answers=[{"text": TEXT, "usage": {**USAGE, "reasoning": 5}}])
        answer = self.ask()
        self.assertEqual((answer.output_text, answer.status), (TEXT, "completed"))
        self.assertEqual((answer.usage.input_tokens, answer.usage.output_tokens), (100, 40))
        self.assertEqual(answer.usage.input_tokens_details.cached_tokens, 30)
        self.assertEqual(answer.usage.output_tokens_details.reasoning_tokens, 5)

    def test_a_stream_brings_the_same(self):
        server().behave(answers=[{"text": TEXT, "usage": USAGE}], delta_chars=3)
        with self.client.responses.stream(model="gpt-4.1-mini", input="hi") as stream:
            deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
            final = stream.get_final_response()
        self.assertEqual(("".join(deltas), final.output_text, final.usage.total_tokens), (TEXT, TEXT, 140))

    def test_a_limit_leaves_it_incomplete(self):
        server().behave(answers=[{"text": "x" * 400}])
        answer = self.ask(max_output_tokens=16)
        self.assertEqual((answer.status, answer.incomplete_details.reason), ("incomplete", "max_output_tokens"))
        self.assertEqual(len(answer.output_text), 64)

    def test_parallel_tools_are_called_and_answered(self):
        for stream in (False, True):
            server().behave(answers=[{"tool_calls": TWO_CALLS}, {"text": "warm"}])
            if stream:
                with self.client.responses.stream(model="gpt-4.1-mini", input="hi", tools=TOOLS) as events:
                    output = events.get_final_response().output
            else:
                output = self.ask(tools=TOOLS).output
            self.assertEqual([call.arguments for call in output], ['{"city":"Wien"}', '{"city":"Graz"}'])
            calls = [{"type": "function_call", "call_id": c.call_id, "name": c.name, "arguments": c.arguments} for c in output]
            results = [{"type": "function_call_output", "call_id": c.call_id, "output": "20"} for c in output]
            turns = [{"role": "user", "content": "hi"}, *calls, *results]
            self.assertEqual(self.ask(input=turns, tools=TOOLS).output_text, "warm")
            with self.assertRaisesRegex(openai.BadRequestError, "No tool output found"):
                self.ask(input=turns[:-1], tools=TOOLS)

    def test_structured_output_is_parsed(self):
        server().behave()
        answer = self.client.responses.parse(model="gpt-4.1-mini", input="hi", text_format=Verdict)
        self.assertEqual(answer.output_parsed, Verdict(approved=True, feedback="Good."))

    def test_errors_are_typed(self):
        for refusal, error in [
            ({"rate_limited": {"retry_after_seconds": 7}}, openai.RateLimitError),
            ("unauthorized", openai.AuthenticationError),
            ("unknown_model", openai.NotFoundError),
            ("context_too_long", openai.BadRequestError),
            ("overloaded", openai.InternalServerError),
        ]:
            with self.subTest(refusal=refusal), self.assertRaises(error):
                server().refuse(refusal)
                self.ask()

    def test_an_error_in_a_stream_is_seen(self):
        server().fault({"kind": "stream_error"})
        # This client hands the event on and raises nothing.
        last = list(self.ask(stream=True))[-1]
        self.assertEqual((last.type, last.code), ("error", "server_error"))

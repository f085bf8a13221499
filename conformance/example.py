"""The contract in its plain form: the text of sound chat streams, and nothing else claimed."""

import json
import sys

CLAIMS = {"name": "example", "dialects": ["openai.chat"], "kinds": {"plain": ["answer"]}}
CLAIMS |= {"answer": "essence", "without": ["several_choices", "function_call", "no_choices"]}

if "--claims" in sys.argv:
    print(json.dumps(CLAIMS))
    sys.exit()

message, finish = {"content": ""}, None
for line in sys.stdin.buffer:
    if line.startswith(b"data: {"):
        for choice in json.loads(line[6:]).get("choices") or []:
            message["content"] += (choice.get("delta") or {}).get("content") or ""
            finish = choice.get("finish_reason") or finish
print(json.dumps({"answer": {"choices": [
    {"index": 0, "message": message, "finish_reason": finish}
]}}))  # fmt: skip

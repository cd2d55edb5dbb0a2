"""Calls the endpoint given as its argument with boto3 and prints what came back as one JSON object; run by clients.test.ts."""

import json
import sys
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
sfn = boto3.client(
    "stepfunctions",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=config,
)
role = "arn:aws:iam::123456789012:role/test"
ask = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "queue", "MessageBody": {"Token.$": "$$.Task.Token"}},
    "End": True,
}
waiting = json.dumps({"StartAt": "Ask", "States": {"Ask": ask}})
passing = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "Result": "done", "End": True}}})


def name():
    return f"m-{uuid.uuid4()}"


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
    return None


machine = sfn.create_state_machine(name=name(), definition=waiting, roleArn=role, publish=True, tags=[{"key": "a", "value": "b"}])
arn = machine["stateMachineArn"]
routing = [{"stateMachineVersionArn": machine["stateMachineVersionArn"], "weight": 100}]
alias = sfn.create_state_machine_alias(name="PROD", routingConfiguration=routing)["stateMachineAliasArn"]
execution = sfn.start_execution(stateMachineArn=alias, name="run", input="{}")["executionArn"]
for _ in range(2):
    sfn.start_execution(stateMachineArn=arn)
pages = list(sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2}))
events = sfn.get_execution_history(executionArn=execution)["events"]
parameters = next(event for event in events if event["type"] == "TaskScheduled")["taskScheduledEventDetails"]["parameters"]
token = json.loads(parameters)["MessageBody"]["Token"]
bare = sfn.get_execution_history(executionArn=execution, includeExecutionData=False, reverseOrder=True)["events"]
sfn.send_task_heartbeat(taskToken=token)
sfn.send_task_success(taskToken=token, output='"answer"')
ended = sfn.describe_execution(executionArn=execution)
sfn.update_state_machine(stateMachineArn=arn, definition=passing, publish=True)
versions = sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
sfn.tag_resource(resourceArn=arn, tags=[{"key": "c", "value": "d"}])
sfn.untag_resource(resourceArn=arn, tagKeys=["a"])
express = sfn.create_state_machine(name=name(), definition=passing, roleArn=role, type="EXPRESS")["stateMachineArn"]
sync = sfn.start_sync_execution(stateMachineArn=express)

print(
    json.dumps(
        {
            "pages": [len(page["executions"]) for page in pages],
            "tokenInBareHistory": token in json.dumps(bare, default=str),
            "bareTypes": [event["type"] for event in bare],
            "ended": [ended["status"], ended["output"], ended["stateMachineAliasArn"] == alias],
            "versions": [version["stateMachineVersionArn"].split(":")[-1] for version in versions],
            "tags": sfn.list_tags_for_resource(resourceArn=arn)["tags"],
            "describedAlias": sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"] == routing,
            "sync": [sync["status"], sync["output"], sync["billingDetails"]["billedMemoryUsedInMB"]],
            "again": refused(sfn.send_task_success, taskToken=token, output="1"),
            "badToken": refused(sfn.send_task_failure, taskToken="no token"),
            "version": refused(sfn.delete_state_machine_version, stateMachineVersionArn=machine["stateMachineVersionArn"]),
            "expressList": refused(sfn.list_executions, stateMachineArn=express),
            "maxResults": refused(sfn.list_state_machines, maxResults=1001),
        }
    )
)

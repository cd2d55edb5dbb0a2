# Answers the task whose token it is handed: a success or a failure, at random.
require 'json'
require 'aws-sdk-states'

STEP_FUNCTIONS = Aws::States::Client.new

def handler(event:, context:)
  task_token = event.fetch('taskToken')
  # A function that works for long sends these in between. One is refused where nobody waits for the answer any more.
  STEP_FUNCTIONS.send_task_heartbeat(task_token: task_token)
  coin = rand < 0.5 ? 'heads' : 'tails'
  if coin == 'heads'
    output = JSON.generate(coin: coin, input: event['input'])
    STEP_FUNCTIONS.send_task_success(task_token: task_token, output: output)
  else
    STEP_FUNCTIONS.send_task_failure(task_token: task_token, error: 'Tails', cause: 'the coin fell on tails')
  end
  # What is returned is dropped: with .waitForTaskToken only the answer above counts.
  { coin: coin }
end

// Answers the task whose token it is handed: a success or a failure, at random.
const { SFNClient, SendTaskFailureCommand, SendTaskSuccessCommand } = require("@aws-sdk/client-sfn");

const stepFunctions = new SFNClient({});

exports.handler = async ({ input, taskToken }) => {
  const coin = Math.random() < 0.5 ? "heads" : "tails";
  if (coin === "heads") {
    const output = JSON.stringify({ coin, input });
    await stepFunctions.send(new SendTaskSuccessCommand({ taskToken, output }));
  } else {
    const cause = "the coin fell on tails";
    await stepFunctions.send(new SendTaskFailureCommand({ taskToken, error: "Tails", cause }));
  }
  // What is returned is dropped: with .waitForTaskToken only the answer above counts.
  return { coin };
};

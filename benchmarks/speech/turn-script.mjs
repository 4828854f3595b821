/**
 * What scripted callers say: each line is one turn, `|` is a pause. The texts are as a recognizer gives them that hears each piece alone: with a
 * capital letter, and with a full stop whether the speaker had finished or not.
 */
const LINES = `
I would like to. | Book a table for two.
My phone number is. | 555. | 0192. | 334.
Can you tell me. | What the weather is like tomorrow?
Well. | I was thinking about going to Boston.
I need a flight from. | New York to London.
The thing is. | I have already paid for it.
Um. | What time do you open?
I want to change my. | Appointment on Friday.
If it is raining tomorrow. | We should stay at home.
Please send it to. | My home address.
I live in Boston. | But I work in Cambridge.
She said that. | She would call me back.
Could you. | Turn off the lights in the kitchen?
I ordered it last week. | And it still has not arrived.
What I really need is. | A cheaper plan.
It costs about. | Twenty five dollars.
My name is. | Daniel Smith.
I am looking for a. | Red winter coat.
Is there a train at. | Half past nine?
When I got home. | The door was open.
Tell me about. | The history of Rome.
I think the. | Second one is better.
He works with. | My brother.
We went to the market, | Then to the beach.
So. | How do I reset my password?
I have a question about. | My last bill.
Do you have anything. | Without sugar?
I tried to call you. | Three times yesterday.
The code is 4. | 7. | 1. | 9.
Because it was late. | We took a taxi home.
I will take the. | Small one please.
Actually, | I changed my mind about that.
You know. | I never liked that color.
I can not find. | The receipt anywhere.
What is the difference between. | The two models?
Let me. | Think about that for a moment.
It was a present from. | My grandmother.
My account number is 12. | 34. | 56. | 78.
I would prefer to. | Pay by card.
There was a problem with. | The delivery on Monday.
Please remind me to. | Call the dentist.
Would it be possible to. | Get a refund?
I do not want. | Any more emails from you.
After the meeting. | I will send you the report.
Put the milk and. | The eggs on my list.
We are five people. | Two of them are children.
How do I get to. | The airport from here?
He is taller than. | His father.
I bought it in May. | It broke in June.
The best thing about it is. | The price.
`;

/** The seeded chance of every script: uniform in [0, 1). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** 100 turns: each line twice, with other pauses. Pieces last 70 ms a letter; pauses are 200 to 900 ms. */
export function scriptedTurns(seed = 1) {
  const random = randomFrom(seed);
  const lines = LINES.trim().split("\n");
  return [...lines, ...lines].map((line) =>
    line.split("|").map((piece, i) => {
      const text = piece.trim();
      return { text, ms: Math.max(300, 70 * text.length), pauseMs: i === 0 ? 0 : Math.round(200 + 700 * random()) };
    }),
  );
}

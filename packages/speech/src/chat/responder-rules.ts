/** What the built-in responder knows. The first rule that fits answers; `$1` is what its brackets hold, turned around ("my" is "your"). */
export interface ResponderRule {
  /** Of what the user said, in small letters, without marks at its end. */
  readonly when: RegExp;
  /** One is chosen. `{time}`, `{date}`, `{greeting}` and `{name}` (", Ada" once it is known) are filled in. */
  readonly say: readonly string[];
}

/** In order of precedence; the last one fits everything. */
export const responderRules: readonly ResponderRule[] = [
  {
    when: /\b(who|what) are you\b|\bare you (a |an )?(real|human|person|robot|bot|machine|computer|ai|language model|llm|chat ?gpt)\b/,
    say: ["I am a simple built-in responder, and no language model. Set a chat server, and you will talk to one."],
  },
  {
    when: /\bwhat('s| is) your name\b|\bwho am i (talking|speaking) to\b/,
    say: ["I have no name. I am the simple responder that is built in."],
  },
  { when: /\bwhat('s| is) my name\b|\bdo you (know|remember) my name\b/, say: ["{known}"] },
  { when: /\b(?:my name is|call me|i am called) ([a-z][a-z'-]*)/, say: ["Nice to meet you{name}. How can I help?"] },
  { when: /\bwhat(?:'s| is)? (?:the )?time\b|\bwhat time is it\b|\btell me the time\b/, say: ["It is {time}."] },
  { when: /\b(?:what|which) (?:day|date)\b|\bwhat(?:'s| is) (?:the |today's )?date\b|\btell me the date\b/, say: ["It is {date}."] },
  {
    when: /\bhelp\b|\bwhat (can you|you can) do\b|\bhow do you work\b/,
    say: ["I can tell the time and the date, and keep a small conversation going. For more, set a chat server."],
  },
  {
    when: /\b(weather|news|traffic|stock|score)s?\b/,
    say: ["I am a simple responder and cannot look that up. A chat server with tools could."],
  },
  { when: /^(?:no,? )?(?:thanks|thank you|cheers)\b/, say: ["You are welcome{name}.", "My pleasure{name}."] },
  {
    when: /^(?:ok |okay )?(?:good ?bye|bye|see you|good night|farewell)\b/,
    say: ["Goodbye{name}. It was nice talking to you.", "Bye{name}. Take care."],
  },
  { when: /\bhow are you\b|\bhow do you do\b/, say: ["I am fine, thank you. How are you?"] },
  {
    when: /^(?:hello|hi|hey|good (?:morning|afternoon|evening))\b/,
    say: ["{greeting}{name}. What would you like to talk about?", "{greeting}{name}. How can I help?"],
  },
  { when: /^(?:yes|yeah|yep|sure|of course|right|exactly)$/, say: ["Good. Tell me more.", "I see. Go on."] },
  { when: /^(?:no|nope|not really|never)$/, say: ["Why not?", "All right. What would you rather talk about?"] },
  { when: /^(?:stop|wait|hold on|never ?mind|cancel)\b/, say: ["All right.", "Fine, I will wait."] },
  { when: /\b(?:sorry|excuse me)\b/, say: ["No problem at all."] },
  { when: /\bi (?:feel|am feeling) (.+)/, say: ["Why do you feel $1?", "How long have you felt $1?"] },
  { when: /\bi (?:need|want|would like) (.+)/, say: ["What would it mean to you to get $1?", "Why do you want $1?"] },
  { when: /\bi (?:can't|cannot|can not) (.+)/, say: ["What keeps you from it? Perhaps you can $1 after all."] },
  { when: /\b(?:i am|i'm) (.+)/, say: ["How long have you been $1?", "How do you feel about being $1?"] },
  { when: /\bi (?:think|believe|guess) (?:that )?(.+)/, say: ["What makes you think that $1?", "Are you sure that $1?"] },
  { when: /\bi (like|love|hate|enjoy) (.+)/, say: ["What is it that you $1 about $2?"] },
  { when: /\bbecause (.+)/, say: ["Is that the only reason?", "Does that explain it all?"] },
  { when: /\bmy (mother|father|sister|brother|wife|husband|son|daughter|friend|dog|cat|boss)\b/, say: ["Tell me more about your $1."] },
  { when: /^(?:can|could|would|will) you (.+)/, say: ["I am only a simple responder, so I cannot $1. A chat server could."] },
  {
    when: /^(?:who|what|when|where|why|how|which|is|are|do|does|did|can)\b/,
    say: ["That is a good question, but I am only a simple responder. What do you think?", "I do not know. What would you say?"],
  },
  { when: /^(.{1,60})$/, say: ["You say that $1. Tell me more.", "Why do you say that $1?", "I see. What else comes to your mind?"] },
  { when: /^/, say: ["I see. Please go on.", "That is interesting. Tell me more."] },
];

/** Who speaks changes with who says it. */
export const turnedAround: Readonly<Record<string, string>> = {
  i: "you",
  me: "you",
  my: "your",
  mine: "yours",
  myself: "yourself",
  "i'm": "you are",
  "i've": "you have",
  "i'll": "you will",
  am: "are",
  was: "were",
  you: "I",
  your: "my",
  yours: "mine",
  yourself: "myself",
  "you're": "I am",
  "you've": "I have",
  "you'll": "I will",
};

import { chapters } from './chapters.js'
import { describeChapter } from './scenario.js'

describe('a relying party, held against a server that misbehaves', () => {
  for (const chapter of chapters) describeChapter(chapter)
})

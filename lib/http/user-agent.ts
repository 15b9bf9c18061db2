/** How requests to xAI introduce themselves; a test holds it to the version in package.json. */
export const userAgent = 'passport-xai/0.1.0'

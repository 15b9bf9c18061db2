const escapeHTML = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const signedOut = '<p><a href="/auth/xai">Sign in with xAI</a></p>'

const signedIn = (name: string): string => `<p>Signed in as ${escapeHTML(name)}</p>
<p><a href="/profile">What xAI says about you</a></p>
<form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>`

/** The only page: for somebody of this name, or for nobody. */
export const buildPage = (name: string | undefined): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Redis example</title></head>
<body><main><h1>Several processes, one Redis</h1>
${name === undefined ? signedOut : signedIn(name)}
</main></body>
</html>
`

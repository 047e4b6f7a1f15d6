/** Who are you? */
export const login = `<% layout('@layout') %>
<h1>Sign in</h1>
<p>to continue to <bdi><%= it.client.name %></bdi></p>
<%~ include('@alert', it) %>
<form method="post">
<input type="hidden" name="token" value="<%= it.token %>">
<label for="login">Login</label>
<input id="login" name="login" type="text" value="<%= it.login %>" required autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false"<% if (it.alert) { %> aria-invalid="true" aria-describedby="alert"<% } %><% if (!it.login) { %> autofocus<% } %>>
<label for="password">Password</label>
<input id="password" name="password" type="password" required autocomplete="current-password"<% if (it.alert) { %> aria-invalid="true" aria-describedby="alert"<% } %><% if (it.login) { %> autofocus<% } %>>
<label class="choice"><input id="remember" name="remember" type="checkbox" value="yes"<% if (it.remember) { %> checked<% } %>> Stay signed in on this device</label>
<button id="continue" type="submit" name="action" value="continue">Continue</button>
<button id="abort" type="submit" name="action" value="abort" formnovalidate>Cancel</button>
</form>
<%~ include('@client', it) %>
`;

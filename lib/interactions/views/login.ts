/** The login form. */
export const login = `<% layout('@layout') %>
<h1><%= it.say('sign_in') %></h1>
<p><%~ it.rich('continue_to', { client: it.client.name }) %></p>
<%~ include('@alert', it) %>
<form method="post">
<input type="hidden" name="token" value="<%= it.token %>">
<label for="login"><%= it.say('login') %></label>
<input id="login" name="login" type="text" value="<%= it.login %>" required autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false"<% if (it.alert) { %> aria-invalid="true" aria-describedby="alert"<% } %><% if (!it.login) { %> autofocus<% } %>>
<label for="password"><%= it.say('password') %></label>
<input id="password" name="password" type="password" required autocomplete="current-password"<% if (it.alert) { %> aria-invalid="true" aria-describedby="alert"<% } %><% if (it.login) { %> autofocus<% } %>>
<label class="box"><input id="remember" name="remember" type="checkbox" value="yes"<% if (it.remember) { %> checked<% } %>> <span><%= it.say('stay_signed_in') %></span></label>
<button id="continue" type="submit" name="action" value="continue"><%= it.say('continue') %></button>
<button id="abort" type="submit" name="action" value="abort" formnovalidate><%= it.say('cancel') %></button>
</form>
<%~ include('@client', it) %>
`;

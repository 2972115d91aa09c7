<?php
// A page that only they reach who are signed in; everything else is SimpleSAMLphp's own.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (!in_array($path, ['/secure/', '/clear/', '/bye', '/leave'], true)) {
    return false;
}
if ($path === '/bye') {
    echo 'bye';
    return true;
}
require '/usr/share/simplesamlphp/lib/_autoload.php';
$there = new \SimpleSAML\Auth\Simple($path === '/clear/' ? 'clear-sp' : 'default-sp');
if ($path === '/leave') {
    $there->logout('http://127.0.0.1:@PORT@/bye');
}
$there->requireAuth(['ReturnTo' => 'http://127.0.0.1:@PORT@' . $path]);
header('X-Remote-User: ' . $there->getAttributes()['mail'][0]);
echo 'signed in';
return true;

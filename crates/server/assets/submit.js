// The answer to the relying party is on its way without a click; without this script there is a button.
document.getElementById("response").submit();

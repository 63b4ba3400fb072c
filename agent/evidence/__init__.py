"""An artifact becomes evidence only in relation to a control: what is owed, what is held, what follows."""
